"""Which capture is the healthiest so far: the same rule while a run goes on and once it has ended."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from ._records import DIVERSITY, Band, Event, subject

_NEARLY_BEST = 0.9
_DISTANCE = "sliced_wasserstein"


class BestCapture:
    """Follows the captures of a run in order and knows the best of them, never needing one again that it passed over.

    The diversity of a capture is the lower of its own and the one before it, so that neither a lucky capture nor one
    between two bad ones counts. Among captures within 90 % of the highest so far the smallest sliced Wasserstein
    distance to real data decides. From a collapse on, until its recovery, none is best; nor is any after a divergence.

    >>> best = BestCapture()
    >>> [best.update(step, diversity, math.nan) for step, diversity in enumerate([0.2, 0.5, 0.6, 0.1])]
    [True, False, True, False]
    >>> best.step
    2
    """

    def __init__(self) -> None:
        self.step: int | None = None
        self._collapsed = False
        self._diverged = False
        self._previous: float | None = None
        self._most = 0.0
        self._steady = 0.0
        self._distance = math.nan

    def note(self, event: Event) -> None:
        """Take an event that was raised at or before the next capture."""
        if event.kind == "collapse" and subject(event) == "whole":
            self._collapsed = True
        elif event.kind == "recovery" and subject(event) == "whole":
            self._collapsed = False
        elif event.kind == "divergence" and event.severity == "critical":
            self._diverged = True

    def observe(self, step: int, values: Mapping[str, float], bands: Mapping[str, Band]) -> bool:
        """Take the statistics of the next capture, with what real data score; whether it is the best so far."""
        band = bands.get(DIVERSITY)
        diversity = math.nan if band is None else band.ratio(values.get(DIVERSITY, math.nan))
        return self.update(step, diversity, values.get(_DISTANCE, math.nan))

    def update(self, step: int, diversity: float, distance: float) -> bool:
        """Take the diversity of the next capture, as a share of real data's, and its distance from real data."""
        if math.isnan(diversity):
            return False
        steady = diversity if self._previous is None else min(diversity, self._previous)
        self._previous = diversity
        self._most = max(self._most, steady)
        if self._collapsed or self._diverged or steady < _NEARLY_BEST * self._most:
            return False
        still_varied = self.step is not None and self._steady >= _NEARLY_BEST * self._most
        if still_varied and not self._better(steady, distance):
            return False
        self.step, self._steady, self._distance = step, steady, distance
        return True

    def _better(self, steady: float, distance: float) -> bool:
        if math.isnan(distance) and math.isnan(self._distance):
            return steady > self._steady
        return distance < self._distance or math.isnan(self._distance)


def best_capture(statistics: pd.DataFrame, bands: Mapping[str, Band], events: Sequence[Event]) -> BestCapture:
    """The captures of a stored run followed to their end; `events` are those of the same run."""
    best = BestCapture()
    coming = sorted(events, key=lambda event: event.step)[::-1]
    for step, row in zip(statistics.index.tolist(), statistics.to_dict("records"), strict=True):
        while coming and coming[-1].step <= step:
            best.note(coming.pop())
        best.observe(step, {str(name): float(value) for name, value in row.items()}, bands)
    return best
