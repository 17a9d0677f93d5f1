"""A curve in one line of text."""

import numpy as np
from jaxtyping import Float

BARS = "▁▂▃▄▅▆▇█"
PLAIN = "_.-=+*#@"
"""For a terminal without Unicode."""
_LOGARITHMIC_FROM = 100.0


@np.errstate(over="ignore", invalid="ignore")
def sparkline(
    least: Float[np.ndarray, " cells"], greatest: Float[np.ndarray, " cells"], *, width: int, bars: str = BARS
) -> str:
    """The cells in at most `width` characters; each shows the value that is farthest from the middle one.

    So one spike in a million steps is one high bar. A blank is nothing measured, `!` a value that is not finite. Values
    that are all above zero and a hundredfold apart are drawn by their logarithms.

    >>> values = np.array([1.0, 1.0, 1.0, 8.0, 1.0, 2.0])
    >>> sparkline(values, values, width=3)
    '▁█▂'
    """
    count = min(width, len(least))
    if count < 1:
        return ""
    edges = np.linspace(0, len(least), count + 1).astype(int)[:-1]
    low, high = np.fmin.reduceat(least, edges), np.fmax.reduceat(greatest, edges)
    finite = np.concatenate([least[np.isfinite(least)], greatest[np.isfinite(greatest)]])
    if not finite.size:
        return "".join(" " if np.isnan(value) else "!" for value in low)
    # Halves: of two numbers that are as far apart as can be, neither mean nor difference would fit their own type.
    finite, low, high = finite / 2, low / 2, high / 2
    bottom, top, middle = finite.min(), finite.max(), np.median(finite)
    shown = np.where(np.abs(high - middle) >= np.abs(low - middle), high, low)
    if bottom > 0 and top / bottom >= _LOGARITHMIC_FROM:
        bottom, top, shown = np.log(bottom), np.log(top), np.log(np.clip(shown, bottom, top))
    heights = (shown - bottom) / (top - bottom) if top > bottom else np.full(count, 0.5)
    places = np.nan_to_num(heights, nan=0, posinf=0, neginf=0).clip(0, 1) * (len(bars) - 1)
    marks = [bars[round(place)] for place in places.tolist()]
    odd = np.isinf(low) | np.isinf(high)
    return "".join(
        "!" if bad else " " if np.isnan(value) else mark for mark, value, bad in zip(marks, shown, odd, strict=True)
    )
