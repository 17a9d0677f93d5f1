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
from _detection.labels import LATE, Label, label
from _detection.measures import caught, too_early
from _detection.observed import Observed
from _detection.outcomes import Outcome
from _detection.truth import Classifier, effective_modes, labeller, real_modes
from lego import cross_entropy
from torch import Tensor

import collapse_probe as cp

STILL_SHARE, STILL_STEPS = 0.95, 100
DRAWN = 3000
"""Labelled pictures that the classifier trains on; a third as many again say how often it is right."""
METHOD = """*Truth* is the verdict of a classifier that was trained on {drawn:,} other drawn pictures and is right on
{accuracy:.1%} of further ones: it looks at every stored capture, and nothing that the probe measures takes part. A run
is *collapsed* (settled) where the effective number of kinds falls under half of its best for good, and *begins* to be
where it last left 80 % of that; it has *never fitted* where it never drew 60 % as many kinds as real pictures have. It
*stands still* where the generator's loss, as the loop logged it, is that of clipped probabilities to the end, which has
no gradient.
*Kinds* is the effective number, exp(entropy), the median of five captures; *most ever* is known with hindsight only.
The definitions are those of [the benchmark](../detection-scores.md)."""
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
    still: int | None
    """Since when the generator's loss has been one that has no gradient."""

    @property
    def broken(self) -> bool:
        """Tipped over for good, or never drew more than a few kinds."""
        return self.label.kind in ("collapsed", "diverged", "never_fitted")

    @property
    def lost(self) -> bool:
        """Broken, or stands still: nothing that one would wait for."""
        return self.broken or self.still is not None

    @property
    def outcome(self) -> str:
        """In one word or two, right or wrong."""
        judged = Judged("", "", 0, self.planned, "none", self.label, {})
        seen = (judged, Outcome(self.stop))
        if self.stop is None:
            return "**missed**" if self.lost else "left alone"
        in_time = caught(seen) if self.broken else self.still is not None and self.stop >= self.still
        if self.lost:
            return "caught" if in_time else "**stopped too early**"
        if self.back is not None:
            return f"stopped; its kinds came back at {self.back:,}"
        return "**false alarm**" if too_early(seen) or self.label.begin is None else "stopped, partly collapsed"

    @property
    def back(self) -> int | None:
        """When kinds that were lost at the stop came back by themselves, after more than a tenth of the run."""
        if self.stop is None or self.lost:
            return None
        long = [(low, back) for low, back in self.label.dips if back - low > LATE * self.planned]
        return next((back for low, back in long if low - self.label.slack <= self.stop <= back), None)

    @property
    def saved(self) -> float:
        """Share of the run that stopping spares."""
        return 0.0 if self.stop is None else 1 - self.stop / self.planned

    def seconds(self, step: int | None) -> float:
        """From the first step to this one, or to the end, by the record's clock."""
        time = self.run.steps["time"]
        return float((time.iloc[-1] if step is None else time.asof(step)) - time.iloc[0])

    def kinds(self, step: int) -> float:
        """The effective number of kinds around a step: the median of five captures."""
        truth = self.truth["effective_modes"]
        at = truth.index.get_loc(self.nearest(step))
        return float(truth.iloc[max(0, at - 2) : at + 3].median())

    @property
    def best_kinds(self) -> float | None:
        """Those at the step that the probe calls the best."""
        return None if (step := self.run.verdict.best_step) is None else self.kinds(step)

    @property
    def most_kinds(self) -> float:
        """Those at the best of all captures, with hindsight."""
        return max(self.kinds(step) for step in self.truth.index)

    @property
    def last_kinds(self) -> float:
        """Those at the end."""
        return self.kinds(self.run.batches[-1])

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
    return Scored(run, truth, label(known), min(critical, default=None), planned, real, still_since(run))


def still_since(run: cp.Run) -> int | None:
    """Since when, to the end, the generator's loss is that of clipped probabilities in 95 % of all steps.

    A probability beyond the clip has no gradient: nothing reaches the generator. Told by the loss that the loop logged,
    and not by the gradients, which the probe goes by.
    """
    loss = run.steps["loss_g"].to_numpy(float)
    ends = [float(cross_entropy(torch.tensor([at]), torch.ones(1))) for at in (0.0, 1.0)]
    clipped = np.isclose(loss, max(ends), rtol=1e-3) | (loss <= 2 * min(ends))
    after = np.cumsum(clipped[::-1])[::-1] / np.arange(len(loss), 0, -1)
    first = np.flatnonzero(clipped & (after >= STILL_SHARE))
    return int(run.steps.index[first[0]]) if len(first) and first[0] <= len(loss) - STILL_STEPS else None


def seeds(folder: Path) -> list[Path]:
    """The runs of a setting, by seed."""
    return sorted((path for path in folder.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))


def right_and_wrong(found: Sequence[Scored]) -> str:
    """How many of the runs were judged how."""
    lost = [each for each in found if each.lost]
    caught, early = (sum(each.outcome == word for each in lost) for word in ("caught", "**stopped too early**"))
    vain = sum(each.outcome == "**false alarm**" for each in found)
    back = sum(each.back is not None for each in found)
    return (
        f"Of {len(lost)} that came to nothing or to a standstill, the probe stopped {caught} in time, {early} too "
        f"early, and missed {len(lost) - caught - early}; of {len(found) - len(lost)} that did not, it stopped {vain} "
        f"in vain, and {back} while most kinds were lost, for more than a tenth of the run until they came back."
    )


def named(found: Label) -> str:
    """The truth in a cell of a table."""
    words = found.kind.replace("_", " ")
    if found.settled is not None:
        return f"{words}: begins at {found.begin:,}, settled at {found.settled:,}"
    return f"{words} since {found.begin:,}" if found.begin is not None else words


HEADER = """| {} | truth | the probe's stop | right? | saved | best step | kinds then | most ever | at the end |
|---|---|---|---|---|---|---|---|---|
"""


def table(first: str, rows: Sequence[tuple[str, Scored]]) -> str:
    """A row for each run; `first` heads the column of its name."""
    return HEADER.format(first) + "\n".join(f"| {name} | {' | '.join(cells(found))} |" for name, found in rows)


def cells(found: Scored) -> list[str]:
    """What the table says of one run, from its truth on."""
    best, kinds, stop = found.run.verdict.best_step, found.best_kinds, found.stop
    truth = named(found.label) + ("" if found.still is None else f"; stands still from {found.still:,}")
    return [
        truth, "–" if stop is None else f"{stop:,}", found.outcome,
        "–" if stop is None else f"{found.saved:.0%}", "–" if best is None else f"{best:,}",
        "–" if kinds is None else f"{kinds:.1f}", f"{found.most_kinds:.1f}", f"{found.last_kinds:.1f}",
    ]  # fmt: skip


def best_steps(found: Sequence[Scored]) -> str:
    """How much of the most that a run ever drew was there at the step that the probe calls the best."""
    shares = sorted(kinds / each.most_kinds for each in found if (kinds := each.best_kinds) is not None)
    if not shares:
        return "No run has a best step."
    middle = shares[len(shares) // 2]
    return (
        f"At the best step of the probe, runs drew {middle:.0%} of the most kinds that any of their captures had, in "
        f"the median, and {shares[0]:.0%} at the least; {len(found) - len(shares)} of {len(found)} runs have none."
    )
