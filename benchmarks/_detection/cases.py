"""The runs to look at: what was missed, and what was alarmed of without need."""

from collections.abc import Callable, Sequence

from .judged import OURS, Judged
from .measures import Run, caught, dated, stopped_diverged, too_early, warning

Case = tuple[Judged, str]


def misses(runs: Sequence[Judged]) -> list[Case]:
    """Each failure that our detectors did not see, or not in time, and how."""
    rules: list[tuple[Callable[[Judged], bool], Callable[[Run], bool], str]] = [
        (_settled, caught, "a settled collapse, not stopped"),
        (_settled, lambda run: warning(run) is not None, "a settled collapse, no warning"),
        (lambda run: run.label.revolution is not None, dated, "a revolution, not flagged or with another onset"),
        (lambda run: run.label.kind == "diverged", stopped_diverged, "a divergence, not stopped"),
        (_never_fitted, lambda run: run[1].verdict == "never_fitted", "never fitted, by another verdict"),
    ]
    return [
        (run, f"{what} ({_said((run, run.outcomes[OURS]))})")
        for concerns, seen, what in rules
        for run in runs
        if concerns(run) and not seen((run, run.outcomes[OURS]))
    ]


def false_alarms(runs: Sequence[Judged]) -> list[Case]:
    """Each stop of a run that was healthy, would have recovered or had not begun to collapse, and false revolutions."""
    found: list[Case] = []
    for run in runs:
        outcome = run.outcomes[OURS]
        said = _said((run, outcome))
        kinds = {event.kind for event in outcome.events}
        if outcome.stop is not None and run.label.kind == "healthy":
            found.append((run, f"healthy, stopped ({said})"))
        elif outcome.stop is not None and run.label.recovered:
            found.append((run, f"would soon have recovered, stopped ({said})"))
        elif outcome.stop is not None and run.label.late:
            found.append((run, f"would have recovered late, stopped ({said})"))
        elif _settled(run) and too_early((run, outcome)):
            found.append((run, f"stopped before it began to collapse ({said})"))
        if "revolution" in kinds and run.label.kind == "healthy":
            found.append((run, f"healthy, a revolution flagged ({said})"))
    return found


def of_kind(runs: Sequence[Judged], kind: str) -> list[Case]:
    """All runs of a kind, with what was said of them."""
    return [(run, _said((run, run.outcomes[OURS]))) for run in runs if run.label.kind == kind]


def _settled(run: Judged) -> bool:
    return run.label.settled is not None


def _never_fitted(run: Judged) -> bool:
    return run.label.kind == "never_fitted"


def _said(run: Run) -> str:
    told = [f"{event.kind.replace('_', ' ')} {event.severity} at {event.step}" for event in run[1].events]
    stop = "not stopped" if run[1].stop is None else f"stopped at {run[1].stop}"
    return ", ".join([*told, stop, f"verdict {run[1].verdict}"])
