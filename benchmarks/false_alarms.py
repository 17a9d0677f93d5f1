"""How long is it until a healthy run is flagged?

    python benchmarks/false_alarms.py          # an hour on two cores; writes docs/false-alarms.md
    python benchmarks/false_alarms.py --quick  # a look; nothing is written

Healthy settings of the detection benchmark's programs are trained for many more steps than there, with other seeds,
watched as a user's run would be, until a million steps of points and 50,000 of pictures are seen. Nothing in them is
said to fail; a run whose truth, measured as there, falls under half of its peak for good is told apart and not counted.

A flag is an event; a stop one that sets `should_stop` by default. Of k in n steps the average run length to one is
n / k, or, where there was none, at least n / 3 with 95 % confidence (the rule of three).

What detectors read of a run is kept in build/false-alarms as soon as it is done: it is not trained again, and changed
detectors are judged on it within minutes.
"""

import argparse
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import _page
import torch
from _detection.data import data
from _detection.labels import label
from _detection.observed import Observed, load, save
from _detection.outcomes import watched
from _detection.programs import PROGRAMS, Plan
from _detection.train import run
from _detection.truth import labeller

ROOT = Path(__file__).parent.parent
STOPPING = ("collapse", "divergence")
HEALTHY = ("healthy", "transient", "oscillating")
"""Kinds of runs in which a stop would be wrong."""
KEPT = ROOT / "build" / "false-alarms"
FIRST_SEED = 5000
"""Seeds from here on are of no other benchmark."""


@dataclass(frozen=True)
class Part:
    """Runs of one program that are to be made, `length` steps each."""

    program: str
    runs: int
    length: int


PARTS = {
    "points": [
        Part("ring-vanilla", 26, 10_000),
        Part("grid-wasserstein-gradient", 25, 10_000),
        Part("many-dimensions-vanilla", 25, 10_000),
        Part("ring-wasserstein-clip", 25, 10_000),
    ],
    "pictures": [Part("digits-dense-vanilla", 9, 4_000), Part("shapes-conv-r1", 8, 2_000)],
}


@dataclass(frozen=True)
class Seen:
    """What one run gave."""

    program: str
    steps: int
    kind: str
    warnings: tuple[str, ...]
    stops: int


def watch(part: Part, seed: int) -> Seen:
    """What the detectors make of one run, trained now or before."""
    kept = KEPT / f"{part.program}-{part.length}-{seed}.npz"
    if not kept.is_file():
        made = _trained(part, seed)
        save(kept.with_suffix(".part.npz"), [made])
        kept.with_suffix(".part.npz").rename(kept)
    seen = next(load(kept))
    outcome = watched(seen)
    stops = sum(event.severity == "critical" and event.kind in STOPPING for event in outcome.events)
    return Seen(part.program, part.length, label(seen).kind, tuple(event.kind for event in outcome.events), stops)


def _trained(part: Part, seed: int) -> Observed:
    torch.set_num_threads(1)
    program = next(one for one in PROGRAMS if one.name == part.program).but(length=part.length)
    known = data(program.data)
    folder = Path(tempfile.mkdtemp())
    try:
        return run(Plan(program, "healthy", FIRST_SEED + seed), known, labeller(known), folder / "run")
    finally:
        shutil.rmtree(folder)


def made(parts: Sequence[Part], processes: int) -> Iterator[Seen]:
    """All runs of these parts, told of as they are done."""
    jobs = [(part, seed) for part in parts for seed in range(part.runs)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for seen in pool.map(watch, *zip(*jobs, strict=True)):
            print(seen, flush=True)
            yield seen


def run_length(count: int, steps: int) -> str:
    """The average run length to one, or what it is at least.

    >>> run_length(0, 3_000_000), run_length(4, 1_000_000)
    ('at least 1,000,000', '250,000')
    """
    return f"{steps / count:,.0f}" if count else f"at least {steps / 3:,.0f}"


def table(seen: Sequence[Seen]) -> str:
    """Steps, flags and run lengths by program and in all, as Markdown."""
    lines = [
        "| program | healthy runs | not counted | steps | warnings | run length to one | stops | run length to one |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in [*dict.fromkeys(one.program for one in seen), "in all"]:
        mine = [one for one in seen if name in ("in all", one.program)]
        counted = [one for one in mine if one.kind in HEALTHY]
        steps, warned = sum(one.steps for one in counted), sum(len(one.warnings) for one in counted)
        stops = sum(one.stops for one in counted)
        lines.append(
            f"| {name} | {len(counted)} | {len(mine) - len(counted)} | {steps:,} | {warned} | "
            f"{run_length(warned, steps)} | {stops} | {run_length(stops, steps)} |"
        )
    kinds = Counter(kind for one in seen if one.kind in HEALTHY for kind in one.warnings)
    told = ", ".join(f"{count} of {kind}" for kind, count in kinds.most_common()) or "none"
    return "\n".join([*lines, "", f"Events in the runs that count, by kind: {told}."])


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, count, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short run of each program; nothing is written")
    parser.add_argument("--only", choices=list(PARTS), action="append", help="these data; the others stay as they are")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    output = ROOT / "docs" / "false-alarms.md"
    for name in options.only or PARTS:
        parts = [Part(part.program, 1, 400) for part in PARTS[name]] if options.quick else PARTS[name]
        text = table(list(made(parts, options.processes)))
        print(text)
        if not options.quick:
            before = output.read_text("utf-8") if output.is_file() else ""
            sections = before[before.find("\n## ") :] if "\n## " in before else ""
            output.write_text(
                _page.renewed(_page.page(__doc__, "", []) + sections, [(name.capitalize(), text)]), "utf-8"
            )


if __name__ == "__main__":
    main()
