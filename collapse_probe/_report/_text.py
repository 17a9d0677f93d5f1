"""What the page says in words."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._records import EventKind, VerdictKind, subject
from .._store import Run, planned_steps
from .._verdict import still_stalled
from ._style import VERDICTS
from ._view import View
from ._words import ENGLISH, Words

DECISIVE: dict[VerdictKind, EventKind] = {
    "collapsed": "collapse",
    "partly_collapsed": "collapse",
    "revolution": "revolution",
    "diverged": "divergence",
    "never_fitted": "never_fitted",
}
NEXT: dict[VerdictKind, str] = {
    "healthy": "Nothing needs to be done. Whether the samples are good enough is for your eyes to tell.",
    "partly_collapsed": "Stop, go back to the healthiest generator, and hold the discriminator back from there.",
    "collapsed": "Stop, go back to the healthiest generator, and hold the discriminator back from there.",
    "revolution": "Weaken the discriminator: a lower learning rate, a gradient penalty, or noise on its input.",
    "diverged": "Stop the run and go back to before it; lower the learning rates or clip the gradients.",
    "never_fitted": "Stop the run and look for a mistake in the loop, the scale of the data, or the learning rates.",
    "insufficient_data": "Let it run longer, or capture more often (every=...).",
    "unfinished": "Let it go on; report again to see more.",
}

_HEALTHIEST = "; the healthiest generator was at step {step}"


def number(value: float | int) -> str:
    """Four digits, the thousands apart."""
    if not math.isfinite(value):
        return str(value)
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.4g}"


def step(value: int | None) -> str:
    """A step, or a dash."""
    return "–" if value is None else f"{value:,}"


def headline(view: View) -> str:
    """The verdict, and the steps that belong to it."""
    verdict, say = view.verdict, view.say
    words = say(VERDICTS[verdict.kind][1])
    sentence = words[0].upper() + words[1:]
    if verdict.step is not None:
        sentence = say("{verdict} at step {step}", verdict=sentence, step=f"{verdict.step:,}")
    if verdict.best_step is not None:
        none_was_good = verdict.kind == "never_fitted"
        best = "; the least bad generator was at step {step}" if none_was_good else _HEALTHIEST
        sentence += say(best, step=f"{verdict.best_step:,}")
    return sentence + say(".")


def advice(view: View) -> str:
    """What to do: as the decisive event says, else by the verdict."""
    kind = DECISIVE.get(view.verdict.kind)
    said = [event.advice for event in view.events if event.kind == kind and subject(event) != "class" and event.advice]
    stalled = still_stalled(view.events)
    if not said and stalled is not None:
        said = [stalled.advice]
    return view.say.told(said[-1]) if said else view.say(NEXT[view.verdict.kind])


def tags(view: View) -> list[tuple[str, str]]:
    """The user's own words about the run: name and value; the name is empty where there is none."""
    given = view.run.info.get("tags")
    if isinstance(given, Mapping):
        return flat(given)
    listed = given if isinstance(given, list) else [given] if given else []
    return [("", str(tag)) for tag in listed]


def thinned(view: View) -> list[str]:
    """What the run gave up to stay within its limit on disk."""
    said = "{count} {kind} were given up to stay within disk_limit, evenly over time; those around events went last."
    return [
        view.say(said, count=f"{count:,}", kind=view.say(kind)) for kind, count in view.run.thinned.items() if count
    ]


def time_saved(run: Run, say: Words = ENGLISH) -> str | None:
    """What stopping at the first critical event saves of the steps that were planned."""
    known = planned_and_flagged(run)
    if known is None:
        return None
    total, flagged = known
    saved = total - flagged
    sentence = say(
        "Stopping when it was flagged, at step {step} of {total}, saves {saved} steps ({share})",
        step=f"{flagged:,}",
        total=f"{total:,}",
        saved=f"{saved:,}",
        share=f"{saved / total:.0%}",
    )
    rate = seconds_a_step(run)
    if rate:
        took = duration(saved * rate, say)
        sentence += say(", about {duration} at {rate} s a step", duration=took, rate=number(rate))
    return sentence + say(".")


def planned_and_flagged(run: Run) -> tuple[int, int] | None:
    """How many steps were planned, and the earlier one at which the first critical event was raised."""
    total = planned_steps(run.info)
    flagged = next((event.step for event in run.event_list if event.severity == "critical"), None)
    return (total, flagged) if total is not None and flagged is not None and total > flagged else None


def seconds_a_step(run: Run) -> float | None:
    """The median; None where fewer than two steps have a time."""
    times = run.steps["time"].dropna()
    if len(times) < 2:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        # Steps as doubles: of two that are as far apart as can be, the difference would not fit their own type.
        median = float(np.median(np.diff(times.to_numpy()) / np.diff(times.index.to_numpy().astype(np.float64))))
    return median if 0 < median < math.inf else None


def duration(seconds: float | int, say: Words = ENGLISH) -> str:
    """In the two units that matter.

    >>> duration(4_980), duration(42.3)
    ('1 h 23 min', '42 s')
    """
    if not abs(seconds) < 1e15:
        return say("an unknown time")
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return say("{hours} h {minutes} min", hours=f"{hours:,}", minutes=minutes)
    return (
        say("{minutes} min {seconds} s", minutes=minutes, seconds=rest) if minutes else say("{seconds} s", seconds=rest)
    )


def flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested fields as pairs of words.

    >>> flat({"device": "cpu", "cost": {"share": 0.012, "steps": 10000}, "tags": ["a", "b"]})
    [('device', 'cpu'), ('cost share', '0.012'), ('cost steps', '10,000'), ('tags', 'a, b')]
    """
    pairs = []
    for name, value in values.items():
        title = f"{prefix}{name.replace('_', ' ')}"
        if isinstance(value, Mapping):
            pairs += flat(value, f"{title} ")
        elif isinstance(value, float | int) and not isinstance(value, bool):
            pairs.append((title, number(value)))
        elif isinstance(value, list | tuple):
            pairs.append((title, ", ".join(str(item) for item in value) or "none"))
        else:
            pairs.append((title, "none" if value is None else str(value)))
    return pairs
