"""What an event's advice says of the run as a whole: where its best generator was, and how much is still to come."""

import dataclasses

from .._records import Event


def with_time_left(event: Event, total_steps: int | None) -> Event:
    """The event with what stopping now would save, where that is known; a recovery is no reason to stop.

    >>> collapse = Event("collapse", "critical", 1249, 1000, "Collapse.", {}, "Stop here.")
    >>> with_time_left(collapse, 5000).advice
    'Stop here. Of 5,000 steps 3,750 (75%) are still to come.'
    """
    left = 0 if total_steps is None else total_steps - event.step - 1
    if total_steps is None or left <= 0 or event.kind == "recovery":
        return event
    said = f"Of {total_steps:,} steps {left:,} ({left / total_steps:.0%}) are still to come."
    return dataclasses.replace(event, advice=f"{event.advice} {said}")


def with_best_step(event: Event, step: int | None) -> Event:
    """The event with where to go back to, if it is critical and there was something better before.

    >>> collapse = Event("collapse", "critical", 1249, 1000, "Collapse.", {}, "Stop here.")
    >>> with_best_step(collapse, 900).advice
    'Stop here. The best generator was at step 900.'
    """
    # One that stands still is the same ever after: a later capture of it is better by luck.
    latest = event.onset if event.kind == "stalled" else event.step
    # Where none was ever varied there is none to go back to.
    if event.severity != "critical" or event.kind == "never_fitted" or step is None or step >= latest:
        return event
    return dataclasses.replace(event, advice=f"{event.advice} The best generator was at step {step:,}.")
