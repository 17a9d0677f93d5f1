"""The contract of a detector."""

import abc
from dataclasses import dataclass
from typing import ClassVar, Literal

from .._records import Event, Observation


@dataclass(frozen=True)
class DetectorOptions:
    """What a user may turn; a detector reads what concerns it.

    `sensitivity`: 1 is the default, above 1 flags sooner and more often, below 1 later and less often.
    `patience`: observations that a condition must last, once it is confirmed, before it becomes critical.
    `total_steps`: how long the run is meant to be, where that is known: what an event advises, and how long a
    generator may take to become varied.
    """

    sensitivity: float = 1.0
    patience: int = 3
    total_steps: int | None = None


class AbstractDetector(abc.ABC):
    """Reads observations in step order, one at a time, and says when something begins.

    Laws, which the contract tests ask of every member: silent on a healthy stream; a value that is missing is
    no news; the same observations give the same events; every option has a default.
    """

    watches: ClassVar[Literal["steps", "statistics", "both"]]

    @abc.abstractmethod
    def __init__(self, options: DetectorOptions = DetectorOptions()) -> None: ...

    @abc.abstractmethod
    def update(self, observation: Observation) -> Event | None:
        """Take the next observation; an event if this one shows something new."""
