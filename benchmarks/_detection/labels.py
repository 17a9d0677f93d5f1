"""What a run truly was, with hindsight: from its truth and what was injected, never from statistics of ours."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from .observed import Observed
from .revolutions import revolution
from .series import Flags, Series, first_in_a_row, smooth, trailing, turns

Kind = Literal[
    "diverged",
    "collapsed",
    "partly_collapsed",
    "revolution",
    "ambiguous",
    "oscillating",
    "never_fitted",
    "transient",
    "healthy",
]

FITTED = 0.6
QUALITY = 0.02
"""Share of samples certainly of a class: sharp enough a generator of points has 0.03 and more, noise 0.01 and less."""
FOOLED = 0.9
"""A held-out edge: the classifier of a hundred classes is hardly ever certain, but noise fools no discriminator."""
WELL, BACK, HALF = 0.8, 0.6, 0.5
FEW = 3
"""Checks in a row that are no accident."""
MOST = 0.8
TAIL = 0.10
"""Share of a run that an end must last to be called, and a settled collapse too: of a later one little can be saved."""
SWING, TURNS = 0.3, 6
HOPS = 0.4
"""Share of checks whose commonest class is another one than before."""
NOT_FINITE_STEPS = 20
LATE = 0.10
"""Share of a run: a dip that took longer is no reason to have waited for its end."""
GRADUAL, GRADUAL_INJECTED = 0.10, 0.05
"""Shares of a run between the two clocks: of any collapse, and of one whose fault is gradual."""
GRADUAL_FAULTS = ("dwindle",)


@dataclass(frozen=True)
class Label:
    """The clocks of a run, each a step or None.

    `fitted`: varied for the first time; `begin`: under 0.8 of its peak for the last time; `settled`: under half of it
    for good; `dips`: losses of half from which it came back, (from, until), `soon` if none took longer than a tenth of
    the run; `partly`: it ends between the two; `revolution` and `diverged`: since when. `unclear` says why no rule can
    call its end. `slack` is what the smoothing of the truth may shift a clock by.
    """

    fitted: int | None = None
    begin: int | None = None
    settled: int | None = None
    dips: tuple[tuple[int, int], ...] = ()
    soon: bool = True
    partly: bool = False
    revolution: int | None = None
    diverged: int | None = None
    oscillating: bool = False
    gradual: bool = False
    unclear: str = ""
    slack: int = 0

    @property
    def kind(self) -> Kind:
        """The gravest that can be said of it, in one word.

        >>> Label(fitted=100, begin=500, settled=600, revolution=450).kind
        'collapsed'
        """
        grave: list[tuple[Kind, bool]] = [
            ("diverged", self.diverged is not None),
            ("collapsed", self.settled is not None),
            ("partly_collapsed", self.partly),
            ("revolution", self.revolution is not None),
            ("ambiguous", bool(self.unclear)),
            ("oscillating", self.oscillating),
            ("never_fitted", self.fitted is None),
            ("transient", bool(self.dips)),
        ]
        return next((kind for kind, holds in grave if holds), "healthy")

    @property
    def recovered(self) -> bool:
        """Half was lost and soon came back for good: a stop would have been premature."""
        return self._came_back and self.soon

    @property
    def late(self) -> bool:
        """Half was lost and came back for good, but after so long that a restart would have been ahead by then."""
        return self._came_back and not self.soon

    @property
    def _came_back(self) -> bool:
        return bool(self.dips) and self.kind in ("transient", "oscillating", "revolution") and not self.unclear


def label(run: Observed) -> Label:
    """The label of a run."""
    diverged = _diverged(run)
    truth = run.truth if diverged is None else run.truth.loc[: diverged - 1]
    steps = truth.index.to_numpy()
    modes = smooth(truth["effective_modes"].to_numpy(float)) / run.real_modes
    slack = 2 * int(np.median(np.diff(steps))) if len(steps) > 1 else 0
    edge = smooth(truth["held_out_edge"].to_numpy(float))
    sure = smooth(truth["quality"].to_numpy(float)) >= QUALITY
    fit = (modes >= FITTED) & (sure | (edge <= FOOLED))
    first = first_in_a_row(fit, FEW)
    since = revolution(run, steps, edge, None if first is None else int(steps[first]))
    hopping = _hopping(truth, modes)
    if first is None:
        why = "varied, but never long enough to have fitted" if fit.any() else ""
        return Label(revolution=since, diverged=diverged, oscillating=hopping, unclear=why, slack=slack)
    # More than real data have is chance, or shares more even than theirs: falling back from that is no loss.
    share = modes[first:] / np.minimum(1.0, np.maximum.accumulate(modes[first:]))
    begin, settled, partly, unclear = _end(share, len(run.truth))
    clock = {index: int(step) for index, step in enumerate(steps[first:])}
    took = clock[settled] - clock[begin] if begin is not None and settled is not None else 0
    gradual = GRADUAL_INJECTED if any(word in run.fault for word in GRADUAL_FAULTS) else GRADUAL
    dips = tuple((clock[a], clock[b]) for a, b in _dips(share))
    lost = [(clock[begin], run.length)] if begin is not None else []
    if run.fault == "none" and since is not None and any(a - slack <= since <= b for a, b in [*lost, *dips]):
        since = None  # won because the generator broke, and not the other way round
    return Label(
        fitted=clock[0],
        begin=None if begin is None else clock[begin],
        settled=None if settled is None else clock[settled],
        dips=dips,
        soon=all(back - low <= LATE * run.length for low, back in dips),
        partly=partly,
        revolution=since,
        diverged=diverged,
        oscillating=turns(modes[first:], SWING) >= TURNS or hopping,
        gradual=took >= gradual * run.length,
        unclear=unclear,
        slack=slack,
    )


def _hopping(truth: pd.DataFrame, modes: Series) -> bool:
    """Over the second half of the run at most half of the modes at a time, and the commonest one is ever another."""
    late = len(truth) // 2
    if "favourite" not in truth or not len(truth) - late > FEW:
        return False
    favourites = truth["favourite"].to_numpy(float)[late:]
    return bool(np.median(modes[late:]) <= HALF and np.mean(favourites[1:] != favourites[:-1]) >= HOPS)


def _diverged(run: Observed) -> int | None:
    """Since when, to the end, samples are not finite at three checks or more, or losses at twenty steps or more."""
    since = []
    for frame, bad, enough in (
        (run.truth, run.truth["finite"].to_numpy() < 1, FEW),
        (run.steps, run.steps["not_finite"].to_numpy() > 0, NOT_FINITE_STEPS),
    ):
        first = trailing(bad)
        if len(bad) - first >= enough:
            since.append(int(frame.index[first]))
    return min(since, default=None)


def _end(share: Series, checks: int) -> tuple[int | None, int | None, bool, str]:
    """Begin and settled, as positions, whether it ended partly collapsed, and why that is unclear if it is."""
    settled = _settled(share)
    if settled is not None:
        if len(share) - settled < max(FEW, TAIL * checks):
            return None, None, False, "fell under half just before the end"
        return trailing(share[:settled] < WELL), settled, False, ""
    tail = share[-max(FEW, round(TAIL * checks)) :]
    if (tail < WELL).all() and (tail >= HALF).all():
        return trailing(share < WELL), None, True, ""
    if np.median(tail) >= WELL and (tail >= HALF).all():
        return None, None, False, ""
    return None, None, False, "ends neither varied, nor partly collapsed, nor settled"


def _settled(share: Series) -> int | None:
    """The first check under half from which it never comes back to 0.6 and is under half four times in five.

    Never coming back to half itself would be too strict: some runs linger right at it for the rest of their days.
    """
    under: Flags = share < HALF
    for i in np.flatnonzero(under):
        if (share[i:] < BACK).all() and under[i:].mean() >= MOST:
            return int(i)
    return None


def _dips(share: Series) -> list[tuple[int, int]]:
    """Three checks or more in a row under half, up to the next three in a row at 0.8 or more."""
    dips, at = [], 0
    while (low := first_in_a_row(share[at:] < HALF, FEW)) is not None:
        back = first_in_a_row(share[at + low :] >= WELL, FEW)
        if back is None:
            break
        dips.append((at + low, at + low + back))
        at += low + back
    return dips
