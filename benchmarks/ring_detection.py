"""Does the probe stop ring GANs that collapse, where did it say that it began, and does it leave healthy ones alone?

    python benchmarks/ring_detection.py            # 10 seeds each, several minutes; writes docs/ring-detection.md
    python benchmarks/ring_detection.py --seeds 1  # a look

Each seed of `examples/ring_gan.py` is trained twice, with the same weights at every step: once as a user would,
watched and stopped; once to its end, unwatched, with the truth measured from the known modes: every 10 steps the
effective number of modes, exp(entropy) of 2,500 fresh samples' nearest centres, as a running median of five checks. The
true onset is the first check from which it stays at or below half of its best so far for 300 steps, a tenth of the run.

The first definition was "from which it never comes back above half". It was given up after the first full benchmark,
for seed 3 of the collapsing setting: there the modes fall from 7.9 to 2.9 at step 480 and then linger between 3.8 and
4.2, right at half, to the end, so that this definition puts the onset at step 2,700. It is shown as "for good from".
"""

import argparse
import importlib.util
import math
import statistics as averages
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType

import torch
from torch import nn

import collapse_probe as cp

ROOT = Path(__file__).parent.parent
STEPS = 3000
TRUTH_EVERY = 10
TRUTH_SAMPLES = 2500
LASTING_STEPS = 300


@dataclass(frozen=True)
class Row:
    """One seed: what the truth was and what the probe said."""

    setting: str
    seed: int
    best_modes: float
    last_modes: float
    true_onset: int | None
    for_good: int | None
    onset: int | None
    raised: int | None
    stopped: int | None

    @property
    def error(self) -> float | None:
        """Distance of the onset from the truth as a share of the run."""
        if self.onset is None or self.true_onset is None:
            return None
        return abs(self.onset - self.true_onset) / STEPS


class Onlooker:
    """Stands in for the probe: never stops the run, and notes the truth at every tenth `log`."""

    should_stop = False

    def __init__(self, generator: nn.Module, discriminator: nn.Module, **options: object) -> None:
        self._generator = generator
        self._centers = cp.toy.ring(8).centers
        self._latents = torch.Generator().manual_seed(10**6)
        self._step = 0
        self.modes: list[float] = []

    def __enter__(self) -> "Onlooker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def log(self, **scalars: object) -> None:
        if self._step % TRUTH_EVERY == 0:
            with torch.no_grad():
                first = next(self._generator.parameters())
                samples = self._generator(torch.randn(TRUTH_SAMPLES, first.shape[1], generator=self._latents))
            nearest = torch.cdist(samples, self._centers).argmin(1)
            shares = torch.bincount(nearest, minlength=8).double() / TRUTH_SAMPLES
            self.modes.append(math.exp(-float(torch.special.xlogy(shares, shares).sum())))
        self._step += 1


def onsets(modes: list[float]) -> tuple[int | None, int | None]:
    """The true onset, and the step after which the modes never come back above half of their best."""
    smooth = [averages.median(modes[max(0, i - 2) : i + 3]) for i in range(len(modes))]
    lost = [value <= max(smooth[: i + 1]) / 2 for i, value in enumerate(smooth)]
    lasting = LASTING_STEPS // TRUTH_EVERY
    first = next((i for i in range(len(lost) - lasting + 1) if all(lost[i : i + lasting])), None)
    kept = [i for i, value in enumerate(smooth) if value > max(smooth) / 2]
    for_good = None if kept[-1] == len(smooth) - 1 else (kept[-1] + 1) * TRUTH_EVERY
    return None if first is None else first * TRUTH_EVERY, for_good


def example() -> ModuleType:
    """`examples/ring_gan.py` as a module."""
    spec = importlib.util.spec_from_file_location("ring_gan", ROOT / "examples" / "ring_gan.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(ROOT / "examples" / "ring_gan.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(ring_gan: ModuleType, setting: str, seed: int, steps: int = STEPS) -> Row:
    """Train one seed twice and compare."""
    with tempfile.TemporaryDirectory() as folder:
        ring_gan.train(ring_gan.SETTINGS[setting], seed=seed, steps=steps, run=f"{folder}/run")
        run = cp.load(f"{folder}/run")
        onlookers: list[Onlooker] = []

        def watch(*modules: nn.Module, **options: object) -> Onlooker:
            onlookers.append(Onlooker(*modules, **options))
            return onlookers[-1]

        attach, ring_gan.cp.attach = ring_gan.cp.attach, watch
        try:
            ring_gan.train(ring_gan.SETTINGS[setting], seed=seed, steps=steps, run=f"{folder}/truth")
        finally:
            ring_gan.cp.attach = attach
        modes = onlookers[0].modes
        critical = run.events[(run.events["kind"] == "collapse") & (run.events["severity"] == "critical")]
        flagged = len(critical) > 0
        truth, for_good = onsets(modes)
        return Row(
            setting=setting,
            seed=seed,
            best_modes=max(modes),
            last_modes=modes[-1],
            true_onset=truth,
            for_good=for_good,
            onset=int(critical["onset"].iloc[0]) if flagged else None,
            raised=int(critical.index[0]) if flagged else None,
            stopped=len(run.steps) if len(run.steps) < steps else None,
        )


def table(rows: list[Row]) -> str:
    """The rows and what follows from them, as Markdown."""
    lines = [
        "| setting | seed | most modes | last modes | true onset | for good from | said | error | flagged | stopped |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        error = None if row.error is None else f"{row.error:.1%}"
        cells = [row.true_onset, row.for_good, row.onset, error, row.raised, row.stopped]
        shown = " | ".join("–" if cell is None else str(cell) for cell in cells)
        lines.append(f"| {row.setting} | {row.seed} | {row.best_modes:.1f} | {row.last_modes:.1f} | {shown} |")
    collapsing = [row for row in rows if row.setting == "collapsing"]
    healthy = [row for row in rows if row.setting == "healthy"]
    errors = [row.error for row in collapsing if row.error is not None]
    lines += [
        "",
        f"- Collapsing runs that were stopped: {sum(r.stopped is not None for r in collapsing)} of {len(collapsing)}.",
        f"- Healthy runs that were stopped: {sum(r.stopped is not None for r in healthy)} of {len(healthy)}.",
    ]
    if errors:
        lines.append(f"- Onset error: median {averages.median(errors):.1%}, worst {max(errors):.1%} of the run.")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="seeds 0, 1, ... of each setting")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument(
        "--output", type=Path, default=None, help="default: docs/ring-detection.md for the full benchmark"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    ring_gan = example()
    rows = []
    for setting in ("collapsing", "healthy"):
        for seed in range(options.first, options.first + options.seeds):
            rows.append(measure(ring_gan, setting, seed, options.steps))
            print(rows[-1], flush=True)
    print(table(rows))
    full = (options.first, options.seeds, options.steps) == (0, 10, STEPS)
    output = options.output or (ROOT / "docs" / "ring-detection.md" if full else None)
    if output is not None:
        question, _, *method = (__doc__ or "").strip().split("\n\n")
        made = "Made by `make bench` (`benchmarks/ring_detection.py`), one thread."
        page = ["# Ring GANs: stopped, and since when?", question, *method, made, table(rows)]
        output.write_text("\n\n".join(page) + "\n", "utf-8")


if __name__ == "__main__":
    main()
