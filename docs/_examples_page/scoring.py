"""What runs on drawn pictures truly were: a classifier that saw thousands of labelled ones looks at every capture.

Nothing that the probe measures takes part. Clocks and names of the truth are those of the benchmark of detection.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from _detection.data import Data
from _detection.judged import Judged
from _detection.labels import Label, label
from _detection.measures import caught, too_early
from _detection.observed import Observed
from _detection.outcomes import Outcome
from _detection.truth import Classifier, effective_modes, labeller, real_modes
from torch import Tensor

import collapse_probe as cp

DRAWN = 3000
"""Labelled pictures that the classifier trains on; a third as many again say how often it is right."""
SURELY = 0.01
"""Share of a capture that has to be certainly of a kind, for the kind to be drawn at all."""
METHOD = """*Truth* is the verdict of a classifier that was trained on {drawn:,} other drawn pictures and is right on
{accuracy:.1%} of further ones: it looks at every stored capture, and nothing that the probe measures takes part. A run
*tips over* (settled) where the effective number of kinds falls under half of its best for good; *begins* is where it
last left 80 % of that. *Kinds* counts those of which 1 % of a capture certainly is one. The definitions are those of
[the benchmark](../detection-scores.md)."""
_STILL = 20
"""Steps up to a capture over which the discriminator's edge is averaged."""

Draw = Callable[[int, int, int], tuple[Tensor, list[str]]]
"""From count, size and seed to pictures and the kind of each."""


@dataclass(frozen=True)
class Judge:
    """A classifier of drawn pictures."""

    data: Data
    classify: Classifier
    names: list[str]

    def truth(self, run: cp.Run) -> pd.DataFrame:
        """What each capture holds."""
        edge = run.steps["edge"].rolling(_STILL, min_periods=1).mean()
        rows = {}
        for step in run.batches:
            samples = torch.from_numpy(run.batch(step)).float()
            finite = samples.flatten(1).isfinite().all(1)
            labels, sure = self.classify(samples[finite])
            counts = torch.bincount(labels[sure], minlength=len(self.names))
            rows[step] = {
                "effective_modes": effective_modes(labels, len(self.names)),
                "favourite": float(counts.argmax()),
                "quality": float(sure.float().mean()),
                "held_out_edge": float(edge.asof(step)),
                "finite": float(finite.float().mean()),
                "kinds": float((counts > SURELY * len(samples)).sum()),
            }
        return pd.DataFrame.from_dict(rows, orient="index")


def judge(draw: Draw, size: int) -> Judge:
    """Trained on pictures that no generator was trained on."""
    pictures, kinds = draw(DRAWN + DRAWN // 3, size, 12345)
    names = sorted(set(kinds))
    labels = torch.tensor([names.index(kind) for kind in kinds])
    parts = (pictures[:DRAWN], labels[:DRAWN], pictures[DRAWN:], labels[DRAWN:])
    data = Data("drawn", *parts, classes=len(names))
    return Judge(data, labeller(data), names)


@dataclass(frozen=True)
class Scored:
    """A run that went on to its end, its truth, and where the probe would have stopped it."""

    run: cp.Run
    truth: pd.DataFrame
    label: Label
    stop: int | None
    planned: int
    real_modes: float
    """Effective number of kinds in as many real pictures."""

    @property
    def lost(self) -> bool:
        """Tipped over for good."""
        return self.label.settled is not None or self.label.diverged is not None

    @property
    def outcome(self) -> str:
        """In one word or two, right or wrong."""
        judged = Judged("", "", 0, self.planned, "none", self.label, {})
        seen = (judged, Outcome(self.stop))
        if self.stop is None:
            return "**missed**" if self.lost else "left alone"
        if self.lost:
            return "caught" if caught(seen) else "**stopped too early**"
        return "**false alarm**" if too_early(seen) or self.label.begin is None else "stopped, partly collapsed"

    @property
    def saved(self) -> float:
        """Share of the run that stopping spares."""
        return 0.0 if self.stop is None else 1 - self.stop / self.planned

    def kinds(self, step: int | None) -> str:
        """Kinds that were certainly drawn at the capture nearest to a step."""
        return "–" if step is None else f"{self.truth['kinds'][self.nearest(step)]:.0f}"

    def nearest(self, step: int) -> int:
        """The capture nearest to a step."""
        return int(self.truth.index[np.abs(self.truth.index.to_numpy() - step).argmin()])


def scored(path: Path, by: Judge, *, stop_on: Sequence[str]) -> Scored:
    """A stored run, read against the truth."""
    run = cp.load(path)
    truth = by.truth(run)
    planned = int(run.info.get("total_steps") or len(run.steps))
    size = len(run.batch(run.batches[-1])) if run.batches else 256
    steps = run.steps.assign(not_finite=(~np.isfinite(run.steps[["loss_d", "loss_g"]])).any(axis=1))
    real = real_modes(by.data, by.classify, size)
    known = Observed(
        program="", setting="", seed=0, length=len(run.steps), real_modes=real,
        fault="none", fault_from=0, fault_until=0, steps=steps, statistics=run.statistics, bands=run.bands, truth=truth,
    )  # fmt: skip
    critical = [e.step for e in run.event_list if e.severity == "critical" and e.kind in stop_on]
    return Scored(run, truth, label(known), min(critical, default=None), planned, real)


def seeds(folder: Path) -> list[Path]:
    """The runs of a setting, by seed."""
    return sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: int(path.name))


def right_and_wrong(found: Sequence[Scored]) -> str:
    """How many of the runs were judged how."""
    lost = [each for each in found if each.lost]
    caught, early = (sum(each.outcome == word for each in lost) for word in ("caught", "**stopped too early**"))
    vain = sum(each.outcome == "**false alarm**" for each in found)
    return (
        f"Of {len(lost)} that tipped over, the probe stopped {caught} in time, {early} too early, and missed "
        f"{len(lost) - caught - early}; of {len(found) - len(lost)} that did not, it stopped {vain} in vain."
    )


def named(found: Label) -> str:
    """The truth in a cell of a table."""
    words = found.kind.replace("_", " ")
    if found.settled is not None:
        return f"{words}: begins at {found.begin:,}, settled at {found.settled:,}"
    return f"{words} since {found.begin:,}" if found.begin is not None else words


HEADER = """| {} | truth | the probe's stop | right? | best step | kinds then | kinds at the end | of the run saved |
|---|---|---|---|---|---|---|---|
"""


def table(first: str, rows: Sequence[tuple[str, Scored]]) -> str:
    """A row for each run; `first` heads the column of its name."""
    lines = []
    for name, found in rows:
        best, stop = found.run.verdict.best_step, found.stop
        cells = [
            name, named(found.label), "–" if stop is None else f"{stop:,}", found.outcome,
            "–" if best is None else f"{best:,}", found.kinds(best), found.kinds(found.run.batches[-1]),
            f"{found.saved:.0%}" if stop is not None else "–",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return HEADER.format(first) + "\n".join(lines)
