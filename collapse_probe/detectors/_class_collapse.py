"""One class of a conditional generator collapses, while the whole stays varied."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import ClassVar, Literal, final

from .._records import Event, Observation
from ._base import AbstractDetector, DetectorOptions

PREFIX = "class_diversity."
_ARMED = 0.5
_LOST = 0.65
_BACK = 0.8
_MEDIAN_OF = 5
_CHECKS = 3

_ADVICE = (
    "Look at samples of this class alone. The rest of the generator may be well: more weight on the class, or more "
    "data of it, usually helps; if other classes follow, go back to before the first one."
)


@dataclass
class _Class:
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=_MEDIAN_OF))
    best: float = 0.0
    low: int = 0
    back: int = 0
    onset: int = 0
    told: bool = False


@final
class ClassCollapse(AbstractDetector):
    """The samples of one class become alike: its `class_diversity` far below the class's own best, and lasting.

    A class arms once the median of its last five checks is at half of what real samples of the class score. Then three
    medians in a row below 0.65 · `sensitivity` of its own best warn, with the class named. Never critical, since the
    generator as a whole may be well. Three back at 0.8 of the best are a `recovery`. A check in which the class has too
    few samples is no news. A generator that draws one picture of a class still draws it with noise, so that half of the
    diversity may stay.

    The 0.65 was chosen on one program of the detection benchmark: with one picture shown of a class, it fell to 0.53 to
    0.59 of its best in six runs, and no other of 150 classes below 0.73.
    """

    watches: ClassVar[Literal["steps", "statistics"]] = "statistics"

    def __init__(self, options: DetectorOptions = DetectorOptions()) -> None:
        self._lost = min(0.95 * _BACK, _LOST * options.sensitivity)
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
        seen.recent.append(ratio)
        if len(seen.recent) < _MEDIAN_OF:
            return "nothing"
        level = sorted(seen.recent)[_MEDIAN_OF // 2]
        seen.best = max(seen.best, level)
        if seen.best < _ARMED:
            return "nothing"
        if level < self._lost * seen.best:
            seen.onset = seen.onset if seen.low else step
            seen.low += 1
        else:
            seen.low = 0
        seen.back = seen.back + 1 if level >= _BACK * seen.best else 0
        if seen.low == _CHECKS and not seen.told:
            seen.told = True
            return "collapsing"
        if seen.told and seen.back == _CHECKS:
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
