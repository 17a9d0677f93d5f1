"""How a run went, in one word, and where its best generator was."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from ._best import best_capture
from ._records import DIVERSITY, Band, Event, Verdict, VerdictKind, subject

_ENOUGH_CHECKS = 6
WARM_UP_CHECKS = 40
_LOW = 0.40
_WORDS: dict[str, VerdictKind] = {"divergence": "diverged", "revolution": "revolution"}


def still_stalled(events: Sequence[Event]) -> Event | None:
    """The critical standstill of the generator that the run was left in, if any; a recovery is a warning."""
    last = next((event for event in reversed(events) if subject(event) == "gradients"), None)
    return last if last is not None and last.severity == "critical" else None


def judge(
    *,
    events: Sequence[Event],
    steps: pd.DataFrame,
    statistics: pd.DataFrame,
    bands: Mapping[str, Band],
    finished: bool,
) -> Verdict:
    """The verdict on a run from its events and statistics.

    In this order: a divergence, a collapse that it did not recover from (`partly_collapsed` while diversity is still
    0.40 of real data's or more), a lasting revolution, never fitted, too little to say, no end on record, healthy.
    A run that ends without ever having been varied counts as never fitted from 40 checks on.
    """
    diversity = _diversity(statistics, bands)
    settled = float(diversity.rolling(3).min().max()) >= _LOW
    decisive = _decisive(events, settled=settled)
    # After a collapse or divergence nothing is best; a generator may go on improving through a revolution.
    lost = decisive is not None and decisive.kind in ("collapse", "divergence")
    before = statistics.index < decisive.onset if decisive is not None and lost else slice(None)
    best = best_capture(statistics.loc[before], bands, events).step
    if decisive is not None and decisive.kind == "collapse":
        partly = len(diversity) > 0 and float(diversity.iloc[-3:].median()) >= _LOW
        return Verdict("partly_collapsed" if partly else "collapsed", decisive.onset, best, decisive.message)
    if decisive is not None and decisive.kind != "never_fitted":
        return Verdict(_WORDS[decisive.kind], decisive.onset, best, decisive.message)
    if decisive is not None or (finished and not settled and len(diversity) >= WARM_UP_CHECKS):
        reason = f"Diversity never settled at {_LOW:.0%} of real data's in {len(steps)} steps; at best it was "
        return Verdict("never_fitted", None, best, f"{reason}{float(diversity.max()):.0%}.")
    if len(diversity) < _ENOUGH_CHECKS:
        reason = (
            f"Captures measured against real data: {len(diversity)}, and {_ENOUGH_CHECKS} are needed. Let it run "
            "longer, capture more often (every=...), or give real=... so that measuring starts at once."
        )
        return Verdict("insufficient_data", None, best, reason)
    if not settled:
        reason = f"Too early to tell after {len(steps)} steps: diversity has not settled at {_LOW:.0%} of real data's."
        return Verdict("insufficient_data" if finished else "unfinished", None, best, reason)
    if not finished:
        return Verdict("unfinished", None, best, "Nothing wrong so far; the run has no end on record.")
    return Verdict(
        "healthy", None, best, f"Diversity ended at {float(diversity.iloc[-3:].median()):.0%} of real data's."
    )


def of_a_standstill(verdict: Verdict, events: Sequence[Event]) -> Verdict:
    """The verdict on a run, which tells of a standstill too; that changes no kind, since samples are what they were."""
    stalled = still_stalled(events)
    if stalled is None:
        return verdict
    return replace(verdict, reason=f"{verdict.reason} Training stood still from step {stalled.onset} on.")


def of_an_import(verdict: Verdict, info: Mapping[str, Any]) -> Verdict:
    """The verdict on a run that was made of a log, which says so where it is that there is too little to tell."""
    about = info.get("imported")
    if verdict.kind != "insufficient_data" or not isinstance(about, Mapping):
        return verdict
    judged = about.get("judged")
    looked_for = " or ".join(str(kind) for kind in judged) if isinstance(judged, list) else ""
    reason = "Imported from a log, which holds no samples: whether it collapsed cannot be told. "
    reason += f"No lasting {looked_for} was found." if looked_for else "Nothing else could be judged either."
    return replace(verdict, reason=reason)


def _decisive(events: Sequence[Event], *, settled: bool) -> Event | None:
    """The event that the verdict rests on; warnings of a revolution or divergence that did not last are passed over."""
    collapse: Event | None = None
    revolution: Event | None = None
    for event in events:
        if event.kind == "collapse" and subject(event) == "whole":
            collapse = event
        elif event.kind == "revolution" and event.severity == "critical":
            revolution = event
        elif event.kind == "recovery" and subject(event) == "game":
            revolution = None
        elif event.kind == "recovery" and subject(event) == "whole":
            collapse = None
    divergence = next((e for e in events if e.kind == "divergence" and e.severity == "critical"), None)
    never = None if settled else next((e for e in events if e.kind == "never_fitted"), None)
    return divergence or collapse or revolution or never


def _diversity(statistics: pd.DataFrame, bands: Mapping[str, Band]) -> "pd.Series[float]":
    band = bands.get(DIVERSITY)
    if band is None or DIVERSITY not in statistics or not band.mean:
        return pd.Series(dtype="float64")
    return (statistics[DIVERSITY] / band.mean).dropna()
