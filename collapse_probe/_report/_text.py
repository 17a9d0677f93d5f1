"""What the page says in words."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._records import Verdict
from .._store import Run
from ._style import VERDICTS
from ._view import View


def number(value: float | int) -> str:
    """Four digits, the thousands apart."""
    if not math.isfinite(value):
        return str(value)
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.4g}"


def step(value: int | None) -> str:
    """A step, or a dash."""
    return "–" if value is None else f"{value:,}"


def headline(verdict: Verdict) -> str:
    """The verdict, and the steps that belong to it."""
    _, words, _ = VERDICTS[verdict.kind]
    sentence = words[0].upper() + words[1:]
    if verdict.step is not None:
        sentence += f" at step {verdict.step:,}"
    if verdict.best_step is not None:
        sentence += f"; the healthiest generator was at step {verdict.best_step:,}"
    return sentence + "."


def tags(view: View) -> list[str]:
    """The user's own words about the run, one each."""
    given = view.run.info.get("tags")
    if isinstance(given, Mapping):
        return [f"{name}: {value}" for name, value in flat(given)]
    return [str(tag) for tag in given] if isinstance(given, list) else [str(given)] if given else []


def thinned(run: Run) -> list[str]:
    """What the run gave up to stay within its limit on disk."""
    return [
        f"{count:,} {kind} were given up to stay within disk_limit, evenly over time; those around events went last."
        for kind, count in run.thinned.items()
        if count
    ]


def time_saved(run: Run) -> str | None:
    """What stopping at the first critical event saves of the steps that were planned."""
    total = run.info.get("total_steps")
    flagged = next((event.step for event in run.event_list if event.severity == "critical"), None)
    if not isinstance(total, int) or flagged is None or total <= flagged:
        return None
    saved = total - flagged
    sentence = (
        f"Stopping when it was flagged, at step {flagged:,} of {total:,}, saves {saved:,} steps ({saved / total:.0%})"
    )
    rate = seconds_a_step(run)
    return sentence + (f", about {duration(saved * rate)} at {number(rate)} s a step." if rate else ".")


def seconds_a_step(run: Run) -> float | None:
    """The median; None where fewer than two steps have a time."""
    times = run.steps["time"].dropna()
    if len(times) < 2:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        # Steps as doubles: of two that are as far apart as can be, the difference would not fit their own type.
        median = float(np.median(np.diff(times.to_numpy()) / np.diff(times.index.to_numpy().astype(np.float64))))
    return median if 0 < median < math.inf else None


def duration(seconds: float | int) -> str:
    """In the two units that matter.

    >>> duration(4_980), duration(42.3)
    ('1 h 23 min', '42 s')
    """
    if not abs(seconds) < 1e15:
        return "an unknown time"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


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
