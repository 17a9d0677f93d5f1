"""A generator that never became varied: not a collapse, since there was nothing to lose."""

import math
from typing import ClassVar, Literal, final

from .._records import Event, Observation
from ._arming import Arming, diversity
from ._base import AbstractDetector, DetectorOptions

WARM_UP_STEPS = 2000
WARM_UP_CHECKS = 40

_ADVICE = (
    "Check that the samples and the real data have the same scale, that gradients reach the generator "
    "(grad_norm_g), and that the learning rates are not far off. Slow starters exist: if the pictures still improve, "
    "let it run."
)


@final
class NeverFitted(AbstractDetector):
    """Diversity has not once settled at 0.40 of real data's, long after it usually does.

    Warns at the first check after 2,000 steps and 40 checks (divided by `sensitivity`); becomes critical at twice
    that. In 62 image runs that went well the last to get there took 1,000 steps.
    """

    watches: ClassVar[Literal["steps", "statistics"]] = "statistics"

    def __init__(self, options: DetectorOptions = DetectorOptions()) -> None:
        self._scale = 1.0 / options.sensitivity
        self._arming = Arming()
        self._first: int | None = None
        self._checks = 0
        self._best = 0.0
        self._reported = 0

    def update(self, observation: Observation) -> Event | None:
        """Take the statistics of the next capture."""
        ratio = diversity(observation)
        if math.isnan(ratio) or self._arming.update(ratio):
            return None
        first = self._first = observation.step if self._first is None else self._first
        self._checks += 1
        self._best = max(self._best, ratio)
        due = self._scale * (self._reported + 1)
        if self._reported == 2 or self._checks < due * WARM_UP_CHECKS or observation.step - first < due * WARM_UP_STEPS:
            return None
        self._reported += 1
        return Event(
            "never_fitted",
            "warning" if self._reported == 1 else "critical",
            observation.step,
            first,
            f"Never fitted: after {observation.step + 1} steps diversity is {ratio:.0%} of real data's, "
            f"and was {self._best:.0%} at best.",
            {"diversity": ratio, "best_diversity": self._best, "checks": float(self._checks)},
            _ADVICE,
        )
