"""A run that goes on, in plain lines."""

import math

from .._harmless import harmless
from .._records import Event, told
from ._feed import Feed

MOST_COLUMNS = 12
FIRST = ("loss_d", "loss_g", "edge", "d_real", "d_fake", "canonical_loss_d", "canonical_loss_g")
HIDDEN = frozenset({"score_gradient_g", "not_finite"})
_QUIET_FROM = 15.0
"""Seconds without a step until it is said; a slow loop is given ten of its own steps."""


def shown_columns(feed: Feed) -> list[str]:
    """The columns of the steps in the order in which they matter; canonical losses only where the loop gave none."""
    known = [name for name in feed.steps.columns if name not in HIDDEN]
    own = {"loss_d", "loss_g"} & set(known)
    known = [name for name in known if not (own and name.startswith("canonical_loss"))]
    return [name for name in FIRST if name in known] + [name for name in known if name not in FIRST]


def progress(feed: Feed) -> str:
    """Step, pace and time left."""
    if feed.step is None:
        return "no step yet"
    total, rate, left = feed.total_steps, feed.steps_a_second, feed.seconds_left
    parts = [f"step {feed.step:,}" + (f" of {total:,} ({min((feed.step + 1) / total, 1):.0%})" if total else "")]
    if feed.ended is not None:
        return ", ".join([*parts, ended_in_words(feed.ended)])
    silent = feed.silent_seconds
    if silent > max(_QUIET_FROM, 10 / rate if rate else 0):
        return ", ".join([*parts, f"no new step for {in_words(silent)}"])
    parts += [] if rate is None else [f"{rate:.3g} steps/s" if rate >= 1 else f"{1 / rate:.3g} s a step"]
    return ", ".join(parts + ([] if left is None else [f"{in_words(left)} left"]))


def ended_in_words(how: str) -> str:
    """How a run ended."""
    known = {"finished": "finished", "stopped": "stopped by should_stop", "exception": "ended by an exception"}
    return known.get(how, f"ended: {how}")


def status_line(feed: Feed) -> str:
    """Everything that matters now, in one line."""
    parts = [f"{name} {number(feed.steps.last(name))}" for name in shown_columns(feed)[:3]]
    if math.isfinite(diversity := feed.diversity.last("diversity")):
        parts.append(f"diversity {diversity:.0%}")
    return harmless("  ".join([progress(feed), *parts]))


def event_line(event: Event) -> str:
    """An event as one line."""
    return harmless(told(event))


def number(value: float) -> str:
    """Four digits, of any size, in little room.

    >>> number(0.123456), number(123456.0), number(float("nan"))
    ('0.1235', '1.235e+05', '–')
    """
    return "–" if math.isnan(value) else f"{value:.4g}"


def in_words(seconds: float) -> str:
    """The two units that matter.

    >>> in_words(4980), in_words(42.3), in_words(200)
    ('1 h 23 min', '42 s', '3 min 20 s')
    """
    if not seconds < 1e9:
        return "years"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
