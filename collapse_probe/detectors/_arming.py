"""Has the generator been varied yet? Before that, low diversity is youth and not collapse."""

import math
from collections import deque
from dataclasses import dataclass, field

from .._records import DIVERSITY, Observation

ARMING_RATIO = 0.40
ARMING_CHECKS = 3


def diversity(observation: Observation) -> float:
    """Occupancy of the cells of real data as a share of what real data of the same size score; NaN when unknown."""
    return share_of_real(observation, DIVERSITY)


def share_of_real(observation: Observation, statistic: str) -> float:
    """A statistic as a share of what real data score; NaN when unknown."""
    band = observation.bands.get(statistic)
    return band.ratio(observation.values.get(statistic, math.nan)) if band else math.nan


def diversity_z(observation: Observation) -> float:
    """How many standard deviations of real data's own diversity this one lies above their mean; NaN when unknown."""
    band = observation.bands.get(DIVERSITY)
    return band.z(observation.values.get(DIVERSITY, math.nan)) if band else math.nan


@dataclass
class Arming:
    """Armed, for good, after `ARMING_CHECKS` checks in a row at `ARMING_RATIO` or more of real diversity."""

    armed: bool = False
    _checks: int = 0

    def update(self, ratio: float) -> bool:
        """Take the next check; whether the run is armed by now."""
        self._checks = self._checks + 1 if ratio >= ARMING_RATIO else 0
        self.armed = self.armed or self._checks >= ARMING_CHECKS
        return self.armed


@dataclass
class OwnBest:
    """The highest median of three checks in a row so far, at most 1: a single check may be luck.

    >>> own = OwnBest()
    >>> for ratio in (0.5, 0.9, 0.7, 0.2): own.update(ratio)
    >>> own.best, own.level
    (0.7, 0.7)
    """

    best: float = 0.0
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=3))

    @property
    def level(self) -> float:
        """The median of the last three; of fewer, the upper one."""
        return sorted(self._recent)[len(self._recent) // 2]

    def update(self, ratio: float) -> None:
        """Take the next check."""
        self._recent.append(ratio)
        if len(self._recent) == self._recent.maxlen:
            self.best = max(self.best, min(1.0, self.level))
