"""Columns of many steps at once from their real, fake and generator-judged scores."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ._scores import ScoreKind, edges, looks_like_logits, softplus, surely_logits, to_logits

_SCALE_MEMORY = 0.95
_ENOUGH_TO_TELL = 8


@dataclass
class StepScores:
    """The tagged scores of one step, not yet oriented."""

    values: dict[str, float]
    """The step's columns, to be filled."""
    real: list[np.ndarray] = field(default_factory=list)
    """One array (n,) for each discriminator update that saw real samples."""
    fake: list[np.ndarray] = field(default_factory=list)
    pairs: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    """Real and fake scores of the updates that saw both."""
    judged: list[np.ndarray] = field(default_factory=list)
    """Scores that the generator's update was made of."""
    orientation: int = 1


@dataclass
class ScoreColumns:
    """Turns tagged scores into columns; keeps what it learned of the scores' kind and scale."""

    _scale: float = 0.0
    _outside_unit: bool = False
    _logits: bool | None = None
    _looked: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    @property
    def kind(self) -> ScoreKind:
        """What D's scores look like so far."""
        if not self._outside_unit:
            return "probability"
        return "logit" if self._logits else "critic"

    def look(self, scores: np.ndarray, gradients: np.ndarray) -> None:
        """Learn the kind of the scores from a generator step: their range, and the loss that their gradient tells."""
        if self._logits is not None:
            return
        # The mean over a batch divides by its size; batches of one or two say something only together.
        self._looked.append((scores, gradients * len(scores)))
        if sum(len(part) for part, _ in self._looked) < _ENOUGH_TO_TELL:
            return
        scores, gradients = (np.concatenate(parts) for parts in zip(*self._looked, strict=True))
        self._looked = []
        self._look_at_range([scores])
        if self._outside_unit:
            self._logits = looks_like_logits(scores, gradients)
        elif surely_logits(scores, gradients):
            self._outside_unit = self._logits = True

    def fill(self, steps: list[StepScores]) -> None:
        """Write the columns `d_real`, `d_fake`, `edge` and the canonical losses into the steps' values."""
        if not self._outside_unit:
            self._look_at_range([part for s in steps for part in (*s.real, *s.fake)])
        for step in steps:
            if self.kind == "critic" and (step.real or step.fake):
                self._rescale(np.concatenate([*step.real, *step.fake]))
        self._fill_edges(steps)
        oriented = {s.orientation for s in steps}
        for orientation in oriented:
            group = [s for s in steps if s.orientation == orientation]
            loss_real = self._fill_side(group, "real", orientation)
            loss_fake = self._fill_side(group, "fake", orientation)
            judged = [(s, part) for s in group for part in _joined(s.judged)]
            for (step, _), loss in zip(judged, self._losses(judged, orientation, -1), strict=True):
                step.values["canonical_loss_g"] = float(loss)
            for name in loss_real.keys() & loss_fake.keys():
                group[name].values["canonical_loss_d"] = loss_real[name] + loss_fake[name]

    def _fill_side(self, steps: list[StepScores], side: str, orientation: int) -> dict[int, float]:
        """Mean score of each step's real or fake side, and its part of the canonical loss by the step's number."""
        parts = [(i, part) for i, s in enumerate(steps) for part in _joined(getattr(s, side))]
        losses = self._losses(parts, orientation, -1 if side == "real" else 1)
        for (i, _), mean in zip(parts, _means([part for _, part in parts]), strict=True):
            steps[i].values["d_" + side] = orientation * float(mean)
        return {i: float(loss) for (i, _), loss in zip(parts, losses, strict=True)}

    def _fill_edges(self, steps: list[StepScores]) -> None:
        alike = defaultdict(list)
        for step in steps:
            for real, fake in step.pairs:
                alike[len(real), len(fake)].append((step, real, fake))
        found: defaultdict[int, list[float]] = defaultdict(list)
        for group in alike.values():
            signs = np.array([s.orientation for s, _, _ in group])
            values = edges(np.stack([real for _, real, _ in group]), np.stack([fake for _, _, fake in group]))
            for (step, _, _), value in zip(group, signs * values, strict=True):
                found[id(step)].append(float(value))
        for step in steps:
            if known := [e for e in found.get(id(step), []) if e == e]:
                step.values["edge"] = sum(known) / len(known)

    def _losses(self, parts: Sequence[tuple[object, np.ndarray]], orientation: int, sign: int) -> np.ndarray:
        """Mean softplus of `sign` times the oriented logits of each part."""
        if not parts:
            return np.zeros(0)
        kind = self.kind
        scores = np.concatenate([part for _, part in parts])
        if kind == "probability" and orientation < 0:
            # A probability of being fake: its complement is the probability of being real.
            logits = to_logits(1.0 - scores.astype(np.float64), kind, 1.0)
        else:
            logits = to_logits(scores * np.float32(orientation), kind, self._scale or 1.0)
        return _means(np.split(softplus(sign * logits), np.cumsum([len(part) for _, part in parts])[:-1]))

    def _look_at_range(self, parts: list[np.ndarray]) -> None:
        if parts:
            scores = np.concatenate(parts)
            self._outside_unit |= bool((scores < 0.0).any() or (scores > 1.0).any())

    def _rescale(self, pooled: np.ndarray) -> None:
        finite = pooled[np.isfinite(pooled)].astype(np.float64)
        if len(finite):
            spread = 1.4826 * float(np.median(np.abs(finite - np.median(finite))))
            self._scale = spread if not self._scale else _SCALE_MEMORY * self._scale + (1 - _SCALE_MEMORY) * spread


def _joined(parts: list[np.ndarray]) -> list[np.ndarray]:
    """All of a step's rows as one array; nothing where there are none."""
    return parts if len(parts) < 2 else [np.concatenate(parts)]


def _means(parts: list[np.ndarray]) -> np.ndarray:
    """Mean of each array in float64, all in one go."""
    if not parts:
        return np.zeros(0)
    lengths = np.array([len(part) for part in parts])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    means: np.ndarray = np.add.reduceat(np.concatenate(parts).astype(np.float64), starts) / lengths
    return means
