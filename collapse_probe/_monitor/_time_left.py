"""How much of a run is still to come, in the words of an event."""

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
