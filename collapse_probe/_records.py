"""The frozen records that cross the seams between layers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

EventKind = Literal[
    "collapse",
    "revolution",
    "divergence",
    "oscillation",
    "never_fitted",
    "memorisation",
    "overfitting",
    "stalled",
    "recovery",
]
Severity = Literal["warning", "critical"]
DIVERSITY = "occupancy"
"""The statistic that detectors, verdicts and their words call diversity, as a share of what real data score."""

VerdictKind = Literal[
    "healthy",
    "partly_collapsed",
    "collapsed",
    "revolution",
    "diverged",
    "never_fitted",
    "insufficient_data",
    "unfinished",
]


@dataclass(frozen=True)
class Event:
    """Something happened to the run: what, since when, how we know, and what to do about it.

    `step` is the step of the observation that raised the event, `onset` the step at which it began, so
    `onset <= step`. `evidence` names the numbers behind it.
    """

    kind: EventKind
    severity: Severity
    step: int
    onset: int
    message: str
    evidence: dict[str, float]
    advice: str


Subject = Literal["whole", "start", "class", "game", "hopping", "copies", "overfitting", "gradients"]


def subject(event: Event) -> Subject:
    """What an event is about: a recovery ends the trouble of the same subject, and no other.

    >>> subject(Event("recovery", "warning", 9, 9, "The edge is back.", {"edge": 0.5}, ""))
    'game'
    """
    if "edge" in event.evidence:
        return "game"
    if "hops" in event.evidence:
        return "hopping"
    if "copied_share" in event.evidence:
        return "copies"
    if "discriminator_overfitting" in event.evidence:
        return "overfitting"
    if "grad_norm_g" in event.evidence or "grad_norm_d" in event.evidence:
        return "gradients"
    if "unvaried_steps" in event.evidence:
        return "start"
    return "class" if any(name.startswith("class_diversity.") for name in event.evidence) else "whole"


def told(event: Event) -> str:
    """What a terminal shows of it: how grave it is, what happened, and what to do once that is sure.

    >>> told(Event("collapse", "critical", 9, 5, "Collapse since step 5.", {}, "Stop here."))
    'critical: Collapse since step 5. Stop here.'
    >>> told(Event("recovery", "warning", 20, 20, "Recovered.", {}, "No action needed."))
    'recovery: Recovered.'
    """
    if event.kind == "recovery":
        return f"recovery: {event.message}"
    return f"{event.severity}: {event.message}" + (f" {event.advice}" if event.severity == "critical" else "")


@dataclass(frozen=True)
class Verdict:
    """How a run went, in one word; `step` is when it went wrong, `best_step` the healthiest capture."""

    kind: VerdictKind
    step: int | None
    best_step: int | None
    reason: str


@dataclass(frozen=True)
class Band:
    """What real data themselves score: mean and standard deviation over real-against-real draws.

    >>> Band(mean=8.0, sd=0.5).ratio(4.0)
    0.5
    >>> Band(mean=8.0, sd=0.5).z(7.0)
    -2.0
    """

    mean: float
    sd: float

    def ratio(self, value: float) -> float:
        """`value / mean`; NaN where the mean is 0."""
        return value / self.mean if self.mean else math.nan

    def z(self, value: float) -> float:
        """Distance from the mean in standard deviations; NaN where the spread is 0."""
        return (value - self.mean) / self.sd if self.sd else math.nan


# A tuple: a frozen data class takes three times as long to make, at every step.
class Observation(NamedTuple):
    """One row that detectors read: the numbers of a training step, or the statistics of a capture.

    `values` leaves out what was not measured; a NaN in it was measured. `bands` holds, for statistics,
    what real data score; it is empty on a training step.
    """

    step: int
    values: Mapping[str, float]
    bands: Mapping[str, Band] = MappingProxyType({})
