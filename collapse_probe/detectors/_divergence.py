"""Divergence: numbers that are no numbers any more."""

from typing import ClassVar, Literal, final

from .._records import Event, Observation
from ._base import AbstractDetector, DetectorOptions

_ADVICE = (
    "Stop: weights that hold NaN or infinity do not come back. Restart from an earlier step with a lower learning "
    "rate, gradient clipping, or a larger epsilon where something is divided or logged."
)


@final
class Divergence(AbstractDetector):
    """A loss, score or gradient that is NaN or infinite, step after step.

    One such step warns; `patience` in a row are critical. Mixed precision that skips a step on overflow never gets
    here, because a skipped update is no step.
    """

    watches: ClassVar[Literal["steps", "statistics"]] = "steps"

    def __init__(self, options: DetectorOptions = DetectorOptions()) -> None:
        self._patience = max(2, options.patience)
        self._onset = 0
        self._bad = 0

    def update(self, observation: Observation) -> Event | None:
        """Take the columns of the next step; `not_finite` counts the values that are NaN or infinite."""
        count = observation.values.get("not_finite", 0.0)
        if not count:
            self._bad = 0
            return None
        self._bad += 1
        if self._bad == 1:
            self._onset = observation.step
        if self._bad not in (1, self._patience):
            return None
        critical = self._bad == self._patience
        message = f"Diverged at step {self._onset}: {count:.0f} of the step's values are NaN or infinite"
        return Event(
            "divergence",
            "critical" if critical else "warning",
            observation.step,
            self._onset,
            message + (f", {self._bad} steps in a row." if critical else "."),
            {"not_finite": count, "steps": float(self._bad)},
            _ADVICE,
        )
