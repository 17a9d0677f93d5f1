"""A generator that never became varied: not a collapse, since there was nothing to lose."""

import math
from collections import deque
from typing import ClassVar, Literal, final

from .._records import Event, Observation
from ._arming import ARMING_RATIO, Arming, diversity, diversity_z
from ._base import AbstractDetector, DetectorOptions

WARM_UP_CHECKS = 25
_FLAT_CHECKS = 15
_MEDIAN_OF = 5
_GROWING = 1.25
_WARM_UP_STEPS = 2000
_QUARTER, _HALF = 0.25, 0.5

ADVICE = (
    "Check that the samples and the real data have the same scale, that gradients reach the generator "
    "(grad_norm_g), and that the learning rates are not far off. Slow starters exist: if the pictures still improve, "
    "let it run."
)


@final
class NeverFitted(AbstractDetector):
    """Diversity has not once settled at 0.40 of real data's, and does not grow either.

    Warns after 25 checks and 2,000 steps (both divided by `sensitivity`), or a quarter of `total_steps` where that is
    less, at the first check whose diversity, as a median of five, is not 1.25 times what it was 15 checks before: a
    slow start rises, a generator that is stuck does not. Half-way through a run whose `total_steps` are known it warns
    too where, growing on at the pace of those 15 checks, it would not get to 0.40 before the end. Critical once it has
    stood still for 25 more checks. Where it settles at 0.40 after all, at three checks in a row, a `recovery` says so.

    The rule was formed on runs that starve the generator, and on the start of the healthy ones, of the detection
    benchmark's programs without the convolutional ones: all of the former that began unvaried were flat at every check,
    and no other was ever flat for 10 checks before it was varied.
    """

    watches: ClassVar[Literal["steps", "statistics"]] = "statistics"

    def __init__(self, options: DetectorOptions = DetectorOptions()) -> None:
        self._warm_up = math.ceil(WARM_UP_CHECKS / options.sensitivity)
        total = math.inf if options.total_steps is None else options.total_steps
        self._least_steps = min(_WARM_UP_STEPS, _QUARTER * total) / options.sensitivity
        self._total = total
        self._arming = Arming()
        self._recent: deque[float] = deque(maxlen=_FLAT_CHECKS + _MEDIAN_OF)
        self._first = 0
        self._checks = self._flat = 0
        self._best = 0.0
        self._reported: Literal["nothing", "warning", "critical"] = "nothing"

    def update(self, observation: Observation) -> Event | None:
        """Take the statistics of the next capture."""
        ratio = diversity(observation)
        if math.isnan(ratio):
            return None
        if self._arming.update(ratio):
            return self._recovery(observation, ratio)
        self._first = self._first if self._checks else observation.step
        self._checks += 1
        self._best = max(self._best, ratio)
        self._recent.append(ratio)
        if self._checks < self._warm_up or len(self._recent) < _FLAT_CHECKS + _MEDIAN_OF:
            return None
        now, then = _median(list(self._recent)[-_MEDIAN_OF:]), _median(list(self._recent)[:_MEDIAN_OF])
        self._flat = self._flat + 1 if now < _GROWING * then else 0
        growth = now / then if then else math.inf
        steps = observation.step + 1 - self._first
        stuck = self._flat and steps >= self._least_steps
        if self._reported == "nothing" and (stuck or self._hopeless(steps, now, growth)):
            self._reported = "warning"
        elif self._reported == "warning" and self._flat > self._warm_up:
            self._reported = "critical"
        else:
            return None
        return self._event(observation, ratio, growth)

    def _hopeless(self, steps: int, now: float, growth: float) -> bool:
        """Whether, half-way through a run of known length, it would not become varied at this pace."""
        if steps < _HALF * self._total or math.isinf(self._total):
            return False
        left = self._checks * (self._total - steps) / steps
        # In logarithms: a pace of many times over many checks is more than a float holds.
        return math.log(max(now, 1e-9)) + math.log(max(growth, 1e-9)) * left / _FLAT_CHECKS < math.log(ARMING_RATIO)

    def _recovery(self, observation: Observation, ratio: float) -> Event | None:
        if self._reported == "nothing":
            return None
        self._reported = "nothing"
        step = observation.step
        message = f"Fitted after all: diversity is {ratio:.0%} of real data's, after {step + 1} steps."
        evidence = {"unvaried_steps": float(step + 1 - self._first), "diversity": ratio}
        return Event("recovery", "warning", step, step, message, evidence, "No action needed.")

    def _event(self, observation: Observation, ratio: float, growth: float) -> Event:
        step = observation.step
        message = (
            f"Never fitted: after {step + 1} steps diversity is {ratio:.0%} of real data's, was {self._best:.0%} at "
            f"best, and grew {growth:.2f}-fold over the last {_FLAT_CHECKS} checks."
        )
        evidence = {
            "diversity": ratio,
            "diversity_z": diversity_z(observation),
            "best_diversity": self._best,
            "unvaried_steps": float(step + 1 - self._first),
            "growth": growth,
            "checks": float(self._checks),
        }
        evidence = {name: value for name, value in evidence.items() if not math.isnan(value)}
        severity: Literal["warning", "critical"] = "warning" if self._reported == "warning" else "critical"
        return Event("never_fitted", severity, step, self._first, message, evidence, ADVICE)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
