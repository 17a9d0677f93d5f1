"""Divergence: numbers that are no numbers any more."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

from .._records import Event, Observation
from ._base import AbstractDetector, DetectorOptions

_CALM = 50
_ADVICE = (
    "Stop: weights that hold NaN or infinity do not come back. Restart from an earlier step with a lower learning "
    "rate, gradient clipping, or a larger epsilon where something is divided or logged."
)


@dataclass
class _Episode:
    """Bad observations of one stream: how many in a row, since when, and whether they were told of."""

    onset: int = 0
    in_a_row: int = 0
    calm: int = _CALM


@final
class Divergence(AbstractDetector):
    """A loss, score, gradient or generated sample that is NaN or infinite, time after time.

    Watches steps and captures apart. The first bad one warns, and no other does before 50 good ones in a row have
    passed; `patience` in a row (at least 2) are critical. Mixed precision that skips a step on overflow never gets
    here, because a skipped update is no step.
    """

    watches: ClassVar[Literal["steps", "statistics", "both"]] = "both"

    def __init__(self, options: DetectorOptions = DetectorOptions()) -> None:
        self._patience = max(2, options.patience)
        self._episodes = {"losses, scores and gradient norms": _Episode(), "generated samples": _Episode()}

    def update(self, observation: Observation) -> Event | None:
        """Take the next row; `not_finite` counts its values, or samples, that are NaN or infinite."""
        what = "generated samples" if observation.bands else "losses, scores and gradient norms"
        episode = self._episodes[what]
        count = observation.values.get("not_finite", 0.0)
        if not count:
            episode.in_a_row = 0
            episode.calm += 1
            return None
        episode.in_a_row += 1
        if episode.in_a_row == 1:
            episode.onset = observation.step
        fresh, episode.calm = episode.calm >= _CALM, 0
        critical = episode.in_a_row == self._patience
        if not (critical or fresh):
            return None
        return Event(
            "divergence",
            "critical" if critical else "warning",
            observation.step,
            episode.onset,
            f"Diverged at step {episode.onset}: {count:.0f} of the {what} are NaN or infinite"
            + (f", {episode.in_a_row} times in a row." if critical else "."),
            {"not_finite": count, "in_a_row": float(episode.in_a_row)},
            _ADVICE,
        )
