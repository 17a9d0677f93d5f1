"""From interleaved measurements to a number with its interval, and whether it keeps what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

RESAMPLES = 10_000


@dataclass(frozen=True)
class Interval:
    """A median and its 95 % bootstrap interval."""

    median: float
    low: float
    high: float

    def shifted(self, by: float, scale: float = 1.0) -> "Interval":
        """Every end plus `by`, times `scale`."""
        return Interval(*(scale * (end + by) for end in (self.median, self.low, self.high)))


def interval(values: Sequence[float]) -> Interval:
    """The median of the rounds' values and the percentile bootstrap of it.

    >>> interval([2.0, 2.0, 2.0])
    Interval(median=2.0, low=2.0, high=2.0)
    """
    rounds = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(0).choice(rounds, (RESAMPLES, len(rounds)))
    low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    return Interval(float(np.median(rounds)), float(low), float(high))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Ours as a share of theirs, round by round: what disturbs a round disturbs both sides of it."""
    return interval([a / b for a, b in zip(ours, theirs, strict=True)])


@dataclass(frozen=True)
class Claim:
    """One line of the table; `measured` is None where this machine cannot tell, and `note` says why."""

    what: str
    measured: Interval | float | None
    unit: str = ""
    at_most: float | None = None
    judged_by: Literal["median", "upper end"] = "median"
    note: str = ""
    at_least: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is kept; None without a target or a measurement."""
        value = self.measured
        if isinstance(value, Interval):
            value = value.high if self.judged_by == "upper end" else value.median
        if value is None or (self.at_most is None and self.at_least is None):
            return None
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)


def table(claims: Sequence[Claim]) -> str:
    """The claims as Markdown."""
    lines = ["| what | measured | 95 % interval | target | met |", "|---|---|---|---|---|"]
    for claim in claims:
        unit, value = claim.unit and f" {claim.unit}", claim.measured
        between = f"{_short(value.low)} to {_short(value.high)}{unit}" if isinstance(value, Interval) else "–"
        middle = value.median if isinstance(value, Interval) else value
        shown = claim.note if middle is None else f"{_short(middle)}{unit}"
        if claim.note and middle is not None:
            shown += f" ({claim.note})"
        end = ", upper end" if claim.judged_by == "upper end" else ""
        bounds = [("≤", claim.at_most), ("≥", claim.at_least)]
        target = " and ".join(f"{sign} {bound:g}{unit}{end}" for sign, bound in bounds if bound is not None) or "–"
        met = {True: "yes", False: "**no**", None: "–"}[claim.met]
        lines.append(f"| {claim.what} | {shown} | {between} | {target} | {met} |")
    return "\n".join(lines)


def _short(value: float) -> str:
    """Three digits, and no more than three decimals.

    >>> _short(123.4), _short(1.2345), _short(0.01234)
    ('123', '1.23', '0.012')
    """
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"
