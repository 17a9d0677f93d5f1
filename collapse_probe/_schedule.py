"""When the generator's samples are captured."""

from typing import Literal

from .errors import InvalidArgument

_STEPS = (1, 2, 5, 10, 20, 50)
FIRST_INTERVAL = 10


class Schedule:
    """Says at which step the next capture is due.

    `every` is a number of steps, or "auto": then the interval is the smallest of 1, 2, 5, 10, 20 and 50 steps at
    which captures take at most `budget` of the training time as measured so far. It never grows past 50 steps,
    because a collapse has to be seen while it can be stopped: a loop of steps that last less than
    cost / (50 · budget) pays more than the budget, and its record says how much.

    >>> schedule = Schedule(every=50, budget=0.01)
    >>> schedule.next_due
    0
    >>> schedule.captured(0); schedule.next_due
    50
    """

    def __init__(self, *, every: int | Literal["auto"], budget: float) -> None:
        if every != "auto" and (isinstance(every, bool) or not isinstance(every, int) or every < 1):
            raise InvalidArgument(f'every is {every!r}; expected a number of steps >= 1, or "auto"')
        if not isinstance(budget, int | float) or not 0 < budget <= 1:
            raise InvalidArgument(f"budget is {budget!r}; expected a share of training time, 0 < budget <= 1")
        self.automatic = every == "auto"
        self.interval: int = FIRST_INTERVAL if every == "auto" else every
        self.budget = budget
        self.next_due = 0

    def captured(self, step: int) -> None:
        """A capture was taken at `step`: the next one is an interval later."""
        self.next_due = step + self.interval

    def measured(self, *, capture_seconds: float, step_seconds: float) -> None:
        """Take the cost of a capture and the duration of a step; does nothing for a fixed interval."""
        if self.automatic and step_seconds > 0:
            affordable = capture_seconds / (self.budget * step_seconds)
            self.interval = next((n for n in _STEPS if n >= affordable), _STEPS[-1])
