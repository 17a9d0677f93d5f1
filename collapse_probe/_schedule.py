"""When the generator's samples are captured."""

from typing import Literal

from .errors import InvalidArgument

_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
FIRST_INTERVAL = 10
WATCHFUL_INTERVAL = 50
ALLOWANCE_SECONDS = 1.0
"""Time that captures may take, whatever share that is, before the budget alone rules."""


class Schedule:
    """Says at which step the next capture is due.

    `every` is a number of steps, or "auto": then the interval is the smallest of 1, 2, 5, 10, ... 500 and 1,000 steps
    at which captures take at most `budget` of the training time as measured so far. Until they have taken a second
    in all it stays at 50 steps or less: small networks collapse within some thousand steps of a few milliseconds,
    which ought to be seen while the run can be stopped.

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

    def measured(self, *, capture_seconds: float, step_seconds: float, spent_seconds: float) -> None:
        """Take the cost of a capture, the duration of a step, and what captures have taken in all.

        Does nothing for a fixed interval.
        """
        if self.automatic and step_seconds > 0:
            affordable = capture_seconds / (self.budget * step_seconds)
            self.interval = next((n for n in _STEPS if n >= affordable), _STEPS[-1])
            if spent_seconds < ALLOWANCE_SECONDS:
                self.interval = min(self.interval, WATCHFUL_INTERVAL)
