"""What labels ask of a series of checks."""

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]
Flags = NDArray[np.bool_]

_AROUND = 2


def smooth(values: Series) -> Series:
    """Running median of the check, the two before and the two after it, as far as there are any; NaN is passed over.

    >>> smooth(np.array([8.0, 8.0, 1.0, 8.0, 8.0])).tolist()
    [8.0, 8.0, 8.0, 8.0, 8.0]
    """
    windows = [values[max(0, i - _AROUND) : i + _AROUND + 1] for i in range(len(values))]
    return np.array([np.nan if np.isnan(window).all() else np.nanmedian(window) for window in windows], float)


def first_in_a_row(flags: Flags, count: int) -> int | None:
    """Where the first `count` in a row begin.

    >>> first_in_a_row(np.array([True, False, True, True]), 2)
    2
    """
    found = (i for i in range(len(flags) - count + 1) if flags[i : i + count].all())
    return next(found, None)


def trailing(flags: Flags) -> int:
    """From where on all are true, up to the end; the length if the last is not.

    >>> trailing(np.array([True, False, True, True])), trailing(np.array([True, False]))
    (2, 2)
    """
    wrong = np.flatnonzero(~flags)
    return int(wrong[-1]) + 1 if len(wrong) else 0


def turns(values: Series, swing: float) -> int:
    """How often the series turns between rising and falling, where only moves by at least `swing` count.

    >>> turns(np.array([0.0, 1.0, 0.9, 1.0, 0.0, 1.0]), 0.5)
    2
    """
    count, way, low, high = 0, 0, np.inf, -np.inf
    for value in values[~np.isnan(values)]:
        low, high = min(low, value), max(high, value)
        if way <= 0 and value - low >= swing:
            count, way, high = count + (way < 0), 1, value
        elif way >= 0 and high - value >= swing:
            count, way, low = count + (way > 0), -1, value
    return count
