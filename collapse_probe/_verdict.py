"""How a run went, in one word, and where its best generator was."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from ._records import Band, Event, Verdict, VerdictKind

_ENOUGH_CHECKS = 6
_LOW = 0.40
_NEARLY_BEST = 0.9
_WORDS: dict[str, VerdictKind] = {"divergence": "diverged", "revolution": "revolution", "never_fitted": "never_fitted"}


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
    0.40 of real data's or more), a lasting revolution, never fitted, too few checks to say, no end on record, healthy.
    """
    diversity = _diversity(statistics, bands)
    decisive = _decisive(events)
    best = _best_step(statistics, bands, diversity, before=decisive.onset if decisive else None)
    if decisive is not None and decisive.kind == "collapse":
        partly = len(diversity) > 0 and float(diversity.iloc[-3:].median()) >= _LOW
        return Verdict("partly_collapsed" if partly else "collapsed", decisive.onset, best, decisive.message)
    if decisive is not None:
        return Verdict(_WORDS[decisive.kind], decisive.onset, best, decisive.message)
    if len(diversity) < _ENOUGH_CHECKS:
        reason = (
            f"{len(diversity)} captures were measured against real data; {_ENOUGH_CHECKS} are needed for a verdict."
        )
        return Verdict("insufficient_data", None, best, reason)
    if float(diversity.rolling(3).min().max()) < _LOW:
        reason = f"Diversity never settled at {_LOW:.0%} of real data's in {len(steps)} steps."
        return Verdict("never_fitted", int(diversity.index[0]), best, reason)
    if not finished:
        return Verdict("unfinished", None, best, "Nothing wrong so far; the run has no end on record.")
    return Verdict(
        "healthy", None, best, f"Diversity ended at {float(diversity.iloc[-3:].median()):.0%} of real data's."
    )


def _decisive(events: Sequence[Event]) -> Event | None:
    """The event that the verdict rests on; warnings of a revolution or divergence that did not last are passed over."""
    open_collapse: Event | None = None
    for event in events:
        if event.kind == "collapse":
            open_collapse = event
        elif event.kind == "recovery":
            open_collapse = None
    critical = {e.kind: e for e in reversed(events) if e.severity == "critical"}
    never = next((e for e in events if e.kind == "never_fitted"), None)
    return critical.get("divergence") or open_collapse or critical.get("revolution") or never


def _diversity(statistics: pd.DataFrame, bands: Mapping[str, Band]) -> "pd.Series[float]":
    band = bands.get("occupancy")
    if band is None or "occupancy" not in statistics or not band.mean:
        return pd.Series(dtype="float64")
    return (statistics["occupancy"] / band.mean).dropna()


def _best_step(
    statistics: pd.DataFrame, bands: Mapping[str, Band], diversity: "pd.Series[float]", *, before: int | None
) -> int | None:
    """Among the most varied captures before it went wrong, the one closest to real data.

    Diversity is a running median of three; within 90 % of its best, the smallest sliced Wasserstein distance decides.
    """
    if before is not None:
        diversity = diversity[diversity.index < before]
    if not len(diversity):
        return None
    smooth = diversity.rolling(3, center=True, min_periods=1).median()
    varied = smooth.index[smooth >= _NEARLY_BEST * smooth.max()]
    distance = statistics["sliced_wasserstein"].loc[varied].dropna() if "sliced_wasserstein" in statistics else None
    if distance is not None and len(distance) and math.isfinite(float(distance.min())):
        return int(distance.index[int(distance.argmin())])
    return int(smooth.index[int(smooth.argmax())])
