"""Do the remedies that an event's advice names help?

    python benchmarks/remedies.py          # a quarter of an hour on two cores; writes docs/remedies.md
    python benchmarks/remedies.py --quick  # a look: one seed, few steps; nothing is written

Programs of the detection benchmark that fail by themselves are trained again with one thing changed, with the same
seeds: initial weights and the order of the data are the same, so runs are compared in pairs. The measure is the
effective number of modes of fresh samples, known centres deciding, as a share of what real data have: its median over
the last fifth of a run, since a run that hops may look well at any one moment. A remedy *helped* in a pair if that
share rose by a tenth or more, and *hurt* if it fell by as much. Whether the probe's stop came is told beside it.
"""

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import _page
import torch
from _detection.data import data
from _detection.observed import Observed
from _detection.outcomes import watched
from _detection.programs import PROGRAMS, Plan, Program
from _detection.train import run
from _detection.truth import labeller

ROOT = Path(__file__).parent.parent
SEEDS = range(7000, 7005)
CLEAR = 0.1


def _failing(setting: str) -> Program:
    return dict(PROGRAMS[0].natural)[setting]


_COLLAPSING, _HOPPING = _failing("no_penalty"), _failing("undamped")
REMEDIES: Mapping[str, Mapping[str, Program]] = {
    "collapses: a discriminator that learns faster, and nothing that holds it back": {
        "as it is": _COLLAPSING,
        "a gradient penalty (R1, weight 0.1)": _COLLAPSING.but(penalty=("r1", 0.1)),
        "a quarter of the discriminator's rate": _COLLAPSING.but(rates=(8e-5, 5e-5)),
        "a quarter of both rates": _COLLAPSING.but(rates=(2e-5, 5e-5)),
        "beta1 of 0 instead of 0.5": _COLLAPSING.but(beta1=0.0),
        "one-sided label smoothing": _COLLAPSING.but(loss="smoothed"),
        "label noise": _COLLAPSING.but(loss="label-noise"),
        "a discriminator of a quarter of the width": _COLLAPSING.but(shape=replace(_COLLAPSING.shape, width_d=32)),
    },
    "oscillates: a generator that learns ten times as fast as the discriminator": {
        "as it is": _HOPPING,
        "a gradient penalty (R1, weight 0.1)": _HOPPING.but(penalty=("r1", 0.1)),
        "the rates the other way round": _HOPPING.but(rates=(1e-4, 1e-3)),
        "five discriminator updates a step": _HOPPING.but(updates_d=5),
        "beta1 of 0 instead of 0.5": _HOPPING.but(beta1=0.0),
    },
}


@dataclass(frozen=True)
class Ended:
    """How a run ended: the share of real data's modes, and whether the probe would have stopped it."""

    modes: float
    stopped: bool


def trained(program: Program, seed: int) -> Ended:
    """One run, to its end."""
    torch.set_num_threads(1)
    known = data(program.data)
    folder = Path(tempfile.mkdtemp())
    try:
        # The name is what seeds a run: one and the same for all that are compared.
        seen = run(Plan(program.but(name="remedies"), "paired", seed), known, labeller(known), folder / "run")
    finally:
        shutil.rmtree(folder)
    return Ended(_late_modes(seen), watched(seen).stop is not None)


def _late_modes(seen: Observed) -> float:
    late = seen.truth["effective_modes"].iloc[-max(1, len(seen.truth) // 5) :]
    return float(late.median()) / seen.real_modes


def compared(
    programs: Mapping[str, Program], seeds: Sequence[int], processes: int
) -> Iterator[tuple[str, list[Ended]]]:
    """Each of these programs with every seed."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for name, program in programs.items():
            yield name, list(pool.map(trained, [program] * len(seeds), seeds))
            print(name, flush=True)


def table(found: Mapping[str, Sequence[Ended]]) -> str:
    """A line a remedy; the first is what it is compared with."""
    lines = [
        "| what is changed | modes at the end, share of real data's | helped | hurt | stopped by the probe |",
        "|---|---|---|---|---|",
    ]
    before = next(iter(found.values()))
    for index, (name, runs) in enumerate(found.items()):
        shares = sorted(one.modes for one in runs)
        shown = f"{statistics.median(shares):.2f} ({shares[0]:.2f} to {shares[-1]:.2f})"
        gains = [one.modes - other.modes for one, other in zip(runs, before, strict=True)]
        helped, hurt = (f"{sum(sign * gain >= CLEAR for gain in gains)} of {len(gains)}" for sign in (1, -1))
        pairs = f"{helped} | {hurt}" if index else "– | –"
        lines.append(f"| {name} | {shown} | {pairs} | {sum(one.stopped for one in runs)} of {len(runs)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, compare, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one seed and 200 steps; nothing is written")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    seeds = list(SEEDS)[: 1 if options.quick else None]
    parts = []
    for heading, programs in REMEDIES.items():
        chosen = {name: one.but(length=200) if options.quick else one for name, one in programs.items()}
        parts.append((heading.capitalize(), table(dict(compared(chosen, seeds, options.processes)))))
        print(parts[-1][1], flush=True)
    if not options.quick:
        (ROOT / "docs" / "remedies.md").write_text(_page.page(__doc__, "", parts), "utf-8")


if __name__ == "__main__":
    main()
