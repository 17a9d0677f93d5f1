"""What a loop truly did, written down by the loop itself, in float64 and without the package's help."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from torch import Tensor

Numbers = np.ndarray


class Account:
    """One entry a generator update, as the documentation promises it; holds no tensors, so that it cannot leak any."""

    def __init__(self, orientation: int) -> None:
        self.steps: list[dict[str, float]] = []
        self.calls: Counter[str] = Counter()
        """Calls of D by what they truly were."""
        self.may_be: Counter[str] = Counter()
        """Calls that a reader may count so or leave out: those whose update never came, or that served both players."""
        self.made_rows: set[bytes] = set()
        """Every sample that G made in training."""
        self.real_rows: set[bytes] = set()
        """Every real sample that the loop drew."""
        self.orientation = orientation
        self.send: Callable[..., None] = lambda **scalars: None
        """Where `log` passes the loop's scalars on to: the probe's own `log`."""
        self.after_step: Callable[[int], None] = lambda steps: None
        self._phase: list[tuple[str, Numbers]] = []
        self._updates: list[dict[str, float]] = []
        self._judged: list[Numbers] = []

    def made(self, batch: Tensor) -> Tensor:
        """G made this batch in training."""
        self.made_rows |= {row.tobytes() for row in batch.detach().float().numpy()}
        return batch

    def drawn(self, batch: Tensor) -> Tensor:
        """The loop drew this batch of real data."""
        self.real_rows |= {row.tobytes() for row in batch.detach().numpy()}
        return batch

    def real(self, scores: Tensor) -> Tensor:
        """D scored real data, for its own update."""
        self._phase.append(("real", _rows(scores)))
        return scores

    def fake(self, scores: Tensor) -> Tensor:
        """D scored generated data, for its own update."""
        self._phase.append(("fake", _rows(scores)))
        return scores

    def mixed(self, *, real: Tensor, fake: Tensor) -> None:
        """D scored both in one call."""
        self._phase += [("mixed real", _rows(real)), ("mixed fake", _rows(fake))]

    def penalty(self) -> None:
        """D was called for a penalty alone."""
        self._phase.append(("penalty", np.zeros(0)))

    def judged(self, scores: Tensor) -> Tensor:
        """D scored generated data, for the generator's update."""
        self._judged.append(_rows(scores))
        return scores

    def looked(self) -> None:
        """D scored something that no update came of."""
        self.may_be["unknown"] += 1

    def d_update(self, cross_entropy: Tensor | float | None = None) -> None:
        """D's optimizer stepped; where the loss was a cross-entropy, its value (real part plus fake part)."""
        real, fake = (_joined(self._phase, kind) for kind in ("real", "fake"))
        update = {"d_real": _mean(real), "d_fake": _mean(fake), "edge": self.orientation * _edge(real, fake)}
        update["canonical_loss_d"] = _number(cross_entropy)
        self._updates.append(update)
        self._count(self.calls)

    def d_skipped(self) -> None:
        """D's update was left out, or undone before it counted."""
        self._count(self.may_be)

    def g_update(self, cross_entropy: Tensor | float | None = None) -> None:
        """G's optimizer stepped: a step of the record closes."""
        names = ["d_real", "d_fake", "edge", "canonical_loss_d"]
        step = {name: _mean(np.array([u[name] for u in self._updates])) for name in names}
        for name in ("d_real", "d_fake"):
            step[name] *= self.orientation
        step["canonical_loss_g"] = _number(cross_entropy)
        self.steps.append(step)
        self.calls["generator fake"] += len(self._judged)
        self._updates, self._judged = [], []
        self.after_step(len(self.steps))

    def g_skipped(self) -> None:
        """G's update was left out: no step."""
        self.may_be["generator fake"] += len(self._judged)
        self._judged = []

    def log(self, **scalars: Any) -> None:
        """The loop's own scalars, of the step that was just closed."""
        self.send(**scalars)
        self.steps[-1] |= {name: float(np.float32(_number(value))) for name, value in scalars.items()}

    def column(self, name: str) -> Numbers:
        """One number a step; NaN where the loop had none."""
        return np.array([step.get(name, np.nan) for step in self.steps])

    def _count(self, counter: Counter[str]) -> None:
        for kind, _ in self._phase:
            if kind != "mixed fake":
                counter["mixed" if kind == "mixed real" else kind] += 1
        self._phase = []


def _number(value: Any) -> float:
    if value is None:
        return float("nan")
    return float(value.item()) if isinstance(value, Tensor) else float(value)


def _rows(scores: Tensor) -> Numbers:
    """One score a sample; a map of patch scores counts by its mean."""
    rows = scores.detach().double()
    return rows.reshape(len(rows), -1).mean(1).numpy() if rows.ndim else rows.reshape(1).numpy()


def _joined(phase: list[tuple[str, Numbers]], kind: str) -> Numbers:
    return np.concatenate([np.zeros(0), *(rows for name, rows in phase if name.endswith(kind))])


def _mean(values: Numbers) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _edge(high: Numbers, low: Numbers) -> float:
    """2·AUC - 1 from its definition: over all pairs, the share in the right order less that in the wrong one."""
    if not len(high) or not len(low):
        return float("nan")
    return float(np.sign(high[:, None] - low[None, :]).mean())
