"""Long lines made short enough to draw, without losing a peak, closing a gap, or thinning what is around an event."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float, Int, Num

LEAST = 11
AROUND = 50
"""So many rows before and after an event stay, all of them."""


def bucket(
    x: Num[np.ndarray, " n"], y: Float[np.ndarray, " n"], *, most: int = 2000
) -> tuple[Num[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """At most `most` points of a line (11 or more) that look like all of them.

    The points are cut into buckets of equal number, and of each the lowest and the highest stay where they are, with
    the first and the last point of the line. Where something between two of these is not finite, one such point stays.

    >>> x, y = bucket(np.arange(100), np.where(np.arange(100) == 37, 9.0, 0.0), most=20)
    >>> len(y) <= 20, x[y == 9.0].tolist()
    (True, [37])
    """
    if len(y) <= most:
        return x, y
    kept = _with_gaps(y, _extremes(y, (most - 3) // 4))
    return x[kept], y[kept]


def shared_rows(
    x: Num[np.ndarray, " n"], lines: Float[np.ndarray, "lines n"], *, most: int, events: Iterable[int] = ()
) -> Int[np.ndarray, " k"]:
    """The rows to draw of lines over the same `x`, the same for all: at one `x`, all of them can be read.

    About `most` rows and those around the first events; of every line each bucket's extremes are among them.
    """
    if x.shape[0] <= most:
        return np.arange(len(x))
    buckets = max(most // max(len(lines), 1), LEAST) // 4
    places = np.searchsorted(x, np.fromiter(events, dtype=np.float64))[: max(most // (4 * AROUND), 2)]
    near = [np.arange(max(place - AROUND, 0), min(place + AROUND + 1, len(x))) for place in places.tolist()]
    kept = np.unique(np.concatenate([[0, len(x) - 1], *near, *(_extremes(line, buckets) for line in lines)]))
    before = 0
    while before != len(kept):
        before = len(kept)
        for line in lines:
            kept = _with_gaps(line, kept)
    return kept


def measured(
    x: Num[np.ndarray, " n"], y: Float[np.ndarray, " n"]
) -> tuple[Num[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """The line without its gaps, if it is nothing but single points: a column that is logged every few steps.

    >>> measured(np.arange(5), np.array([1.0, np.nan, 2.0, np.nan, 3.0]))[1].tolist()
    [1.0, 2.0, 3.0]
    """
    finite = np.isfinite(y)
    joined = finite[1:] & finite[:-1]
    if joined.sum() < finite.sum() / 2:
        return x[finite], y[finite]
    return x, y


def _extremes(y: Float[np.ndarray, " n"], buckets: int) -> Int[np.ndarray, " k"]:
    """The lowest and the highest of each bucket, and both ends."""
    width = -(-len(y) // buckets)
    padded = np.full(buckets * width, np.nan)
    padded[: len(y)] = np.where(np.isfinite(y), y, np.nan)
    grid = padded.reshape(buckets, width)
    some = np.isfinite(grid).any(axis=1)
    begin = np.arange(buckets)[some] * width
    lowest = begin + np.where(np.isnan(grid), np.inf, grid)[some].argmin(axis=1)
    highest = begin + np.where(np.isnan(grid), -np.inf, grid)[some].argmax(axis=1)
    return np.unique(np.concatenate([[0, len(y) - 1], lowest, highest]))


def _with_gaps(y: Float[np.ndarray, " n"], kept: Int[np.ndarray, " k"]) -> Int[np.ndarray, " k2"]:
    """With one point that is not finite between any two that have one between them."""
    gaps = np.flatnonzero(~np.isfinite(y))
    if not len(gaps):
        return kept
    following = np.searchsorted(gaps, kept[:-1], side="right")
    inside = following < np.searchsorted(gaps, kept[1:])
    inside &= np.isfinite(y[kept[:-1]]) & np.isfinite(y[kept[1:]])
    return np.unique(np.concatenate([kept, gaps[following[inside]]]))
