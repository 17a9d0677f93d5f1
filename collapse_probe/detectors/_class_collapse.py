"""One class of a conditional generator collapses, while the whole stays varied."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

from .._records import Event, Observation
from ._base import AbstractDetector, DetectorOptions

PREFIX = "class_diversity."
_ARMED = 0.5
_ARMING_CHECKS = 3
_LOW = 0.35
_CONFIRMING_CHECKS = 3
_BACK = 0.6

_ADVICE = (
    "Look at samples of this class alone. The rest of the generator may be well: more weight on the class, or more "
    "data of it, usually helps; if other classes follow, go back to before the first one."
)


@dataclass
class _Class:
    armed: int = 0
    low: int = 0
    back: int = 0
    onset: int = 0
    told: bool = False


@final
class ClassCollapse(AbstractDetector):
    """The samples of one class become alike: its `class_diversity` low, after having been high, and lasting.

    A class arms with three checks in a row at half of what real samples of the class score; then three checks in a row
    below 0.35 · sensitivity of it warn, with the class named. Never critical, since the generator as a whole may be
    well. Three checks back at 0.6 are a `recovery`. A check in which the class has too few samples is no news. The
    thresholds are reasoned; how often they are right is scored in docs/detection-scores.md.
    """

    watches: ClassVar[Literal["steps", "statistics"]] = "statistics"

    def __init__(self, options: DetectorOptions = DetectorOptions()) -> None:
        self._low = min(_ARMED - 0.05, _LOW * options.sensitivity)
        self._classes: dict[str, _Class] = {}

    def update(self, observation: Observation) -> Event | None:
        """Take the statistics of the next capture; classes that collapse, or recover, at once are one event."""
        collapsing: dict[str, float] = {}
        recovered: dict[str, float] = {}
        for name, value in observation.values.items():
            if name.startswith(PREFIX) and name in observation.bands:
                ratio = observation.bands[name].ratio(value)
                turn = "nothing" if math.isnan(ratio) else self._turn(observation.step, name, ratio)
                if turn != "nothing":
                    (collapsing if turn == "collapsing" else recovered)[name.removeprefix(PREFIX)] = ratio
        if collapsing:
            onset = min(self._classes[PREFIX + label].onset for label in collapsing)
            said = f"{_classes(collapsing)} since step {onset}: the samples of one are {min(collapsing.values()):.0%}"
            return _event(
                "collapse", observation.step, onset, f"Collapse within {said} as far apart as real ones.", collapsing
            )
        if recovered:
            step = observation.step
            return _event("recovery", step, step, f"Varied again: {_classes(recovered)}.", recovered)
        return None

    def _turn(self, step: int, name: str, ratio: float) -> Literal["collapsing", "recovered", "nothing"]:
        seen = self._classes.setdefault(name, _Class())
        if seen.armed < _ARMING_CHECKS:
            seen.armed = seen.armed + 1 if ratio >= _ARMED else 0
            return "nothing"
        if ratio < self._low:
            seen.onset = seen.onset if seen.low else step
            seen.low += 1
        else:
            seen.low = 0
        seen.back = seen.back + 1 if ratio >= _BACK else 0
        if seen.low == _CONFIRMING_CHECKS and not seen.told:
            seen.told = True
            return "collapsing"
        if seen.told and seen.back == _ARMING_CHECKS:
            seen.told = False
            return "recovered"
        return "nothing"


def _classes(ratios: dict[str, float]) -> str:
    return ("class " if len(ratios) == 1 else "classes ") + ", ".join(ratios)


def _event(
    kind: Literal["collapse", "recovery"], step: int, onset: int, message: str, ratios: dict[str, float]
) -> Event:
    evidence = {PREFIX + label: ratio for label, ratio in ratios.items()}
    return Event(
        kind, "warning", step, onset, message, evidence, _ADVICE if kind == "collapse" else "No action needed."
    )
