"""When a discriminator that could be beaten won at once and for long, with hindsight."""

import numpy as np

from .observed import Observed
from .series import Series

WON, HELD, BALANCED = 0.95, 0.90, 0.80
SPAN = 0.10
"""Share of the run in which it must happen, for which it must last, and over which the game was even before."""


def revolution(run: Observed, steps: np.ndarray, edge: Series) -> int | None:
    """Since when the smoothed held-out edge is won: the step of the injected boost, or the first check over 0.8.

    Won is 0.95 within a tenth of the run after the onset, then for a tenth of the run never under 0.90 and 0.95 in the
    median, with a median of at most 0.80 over the tenth of the run before. A boost by which nothing was won is none.
    """
    span = SPAN * run.length
    won = edge >= WON
    onsets = [int(run.fault_from)] if run.fault.startswith("discriminator_") else []
    for i in np.flatnonzero(won[1:] & ~won[:-1]) + 1:
        even = np.flatnonzero(edge[:i] <= BALANCED)
        if len(even):
            onsets.append(int(steps[even[-1] + 1]))
    return next((onset for onset in onsets if _won(onset, span, steps, edge)), None)


def _won(onset: int, span: float, steps: np.ndarray, edge: Series) -> bool:
    before = edge[(steps >= onset - span) & (steps < onset)]
    soon = np.flatnonzero((steps >= onset) & (steps <= onset + span) & (edge >= WON))
    if onset < span or not len(before) or not len(soon):
        return False
    first = int(steps[soon[0]])
    after = edge[(steps >= first) & (steps < first + span)]
    lasted = steps[-1] >= first + span * 0.9
    return bool(lasted and np.median(before) <= BALANCED and after.min() >= HELD and np.median(after) >= WON)
