"""What one run says of a judge; lengths of time are shares of the run."""

from collapse_probe._records import subject

from .judged import Judged
from .labels import Label
from .outcomes import Outcome

Run = tuple[Judged, Outcome]
"""With the outcome by the judge that is asked about."""
ONSET = 0.03


def caught(run: Run) -> bool:
    """Stopped at or after begin, less what smoothing may shift it by."""
    return run[1].stop is not None and run[1].stop >= _from(run[0].label)


def too_early(run: Run) -> bool:
    """Stopped before begin: of a run that was still well, whatever it came to later."""
    return run[1].stop is not None and run[1].stop < _from(run[0].label)


def saving(run: Run) -> float:
    """Share of the possible saving."""
    judged, outcome = run
    if outcome.stop is None or judged.label.settled is None or not caught(run):
        return 0.0
    return min(1.0, (judged.length - outcome.stop) / (judged.length - judged.label.settled))


def warning(run: Run) -> int | None:
    """Since when a warning of collapse stands at or after begin; one that stood already counts from begin on."""
    since, standing = _from(run[0].label), False
    for event in run[1].events:
        if event.step >= since and standing:
            return since
        if subject(event) != "whole":
            continue
        standing = event.kind == "collapse" or (standing and event.kind != "recovery")
        if event.step >= since and standing:
            return event.step
    return since if standing else None


def lead_to_settled(run: Run) -> float | None:
    """From the warning to settled, as a share of the run."""
    at, settled = warning(run), run[0].label.settled
    return None if at is None or settled is None else (settled - at) / run[0].length


def delay(run: Run) -> float | None:
    """From settled to the stop; None where it was not caught."""
    stop, settled = run[1].stop, run[0].label.settled
    return (stop - settled) / run[0].length if caught(run) and stop is not None and settled is not None else None


def lag(run: Run) -> float | None:
    """From begin to the warning."""
    at, begin = warning(run), run[0].label.begin
    return None if at is None or begin is None else (at - begin) / run[0].length


def onset_error(run: Run) -> float | None:
    """Distance of a revolution's onset from the true one, as a share of the run: the closest of the flags."""
    true = run[0].label.revolution
    errors = [abs(event.onset - true) for event in run[1].events if event.kind == "revolution" and true is not None]
    return min(errors) / run[0].length if errors else None


def dated(run: Run) -> bool:
    """The revolution was flagged with an onset within 3 % of the run."""
    error = onset_error(run)
    return error is not None and error <= ONSET


def stopped_diverged(run: Run) -> bool:
    """Stopped no sooner than it diverged, or than the collapse began that came first."""
    label, stop = run[0].label, run[1].stop
    since = label.diverged if label.begin is None else label.begin
    return stop is not None and since is not None and stop >= since - label.slack


def _from(label: Label) -> int:
    return 0 if label.begin is None else label.begin - label.slack
