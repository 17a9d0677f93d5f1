"""Long lines made short enough to draw, without losing a peak or closing a gap."""

import numpy as np
from jaxtyping import Float, Num


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
    buckets = (most - 3) // 4
    width = -(-len(y) // buckets)
    padded = np.full(buckets * width, np.nan)
    padded[: len(y)] = np.where(np.isfinite(y), y, np.nan)
    grid = padded.reshape(buckets, width)
    some = np.isfinite(grid).any(axis=1)
    begin = np.arange(buckets)[some] * width
    lowest = begin + np.where(np.isnan(grid), np.inf, grid)[some].argmin(axis=1)
    highest = begin + np.where(np.isnan(grid), -np.inf, grid)[some].argmax(axis=1)
    finite = np.unique(np.concatenate([[0, len(y) - 1], lowest, highest]))
    gaps = np.flatnonzero(~np.isfinite(y))
    following = np.searchsorted(gaps, finite[:-1], side="right")
    inside = following < np.searchsorted(gaps, finite[1:])
    kept = np.unique(np.concatenate([finite, gaps[following[inside]]]))
    return x[kept], y[kept]


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
