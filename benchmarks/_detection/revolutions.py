"""When a discriminator that could be beaten won at once and for long, with hindsight."""

from collections.abc import Iterator

import numpy as np

from .observed import Observed
from .series import Series

WON, HELD, BALANCED = 0.95, 0.90, 0.80
SPAN = 0.10
"""Share of the run in which it must happen, for which it must last, and over which the game was even before."""


def revolution(run: Observed, steps: np.ndarray, edge: Series, fitted: int | None) -> int | None:
    """Since when the smoothed held-out edge is won: the step of the injected boost, or half-way up a rise by itself.

    Won is 0.95 within a tenth of the run, then for a tenth of the run never under 0.90 and 0.95 in the median, with a
    median of at most 0.80 over the tenth of the run before. A rise by itself counts from its last check at 0.80, where
    nothing was injected and once the generator has fitted: before that the discriminator wins or loses as it will.
    """
    span = SPAN * run.length
    if run.fault.startswith("discriminator_"):
        return run.fault_from if _won(run.fault_from, span, steps, edge) else None
    if run.fault != "none" or fitted is None:
        return None
    rises = _rises(steps, edge, span)
    return next((onset for from_, onset in rises if from_ - span >= fitted and _won(from_, span, steps, edge)), None)


def _rises(steps: np.ndarray, edge: Series, span: float) -> Iterator[tuple[int, int]]:
    """For every rise to 0.95, its first check over 0.80, and that over half of the way from the level before."""
    for i in np.flatnonzero((edge[1:] >= WON) & ~(edge[:-1] >= WON)) + 1:
        even = np.flatnonzero(edge[:i] <= BALANCED)
        if len(even):
            first = int(steps[even[-1] + 1])
            level = np.median(edge[(steps >= first - span) & (steps < first)])
            below = np.flatnonzero(edge[:i] <= (level + WON) / 2)
            yield first, int(steps[below[-1] + 1])


def _won(onset: int, span: float, steps: np.ndarray, edge: Series) -> bool:
    before = edge[(steps >= onset - span) & (steps < onset)]
    soon = np.flatnonzero((steps >= onset) & (steps <= onset + span) & (edge >= WON))
    if not len(before) or not len(soon):
        return False
    first = int(steps[soon[0]])
    after = edge[(steps >= first) & (steps < first + span)]
    lasted = steps[-1] >= first + 0.9 * span
    return bool(lasted and np.median(before) <= BALANCED and after.min() >= HELD and np.median(after) >= WON)
