"""Columns of any length in a bounded room: for each stretch of rows the least and the greatest value."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

MOST_COLUMNS = 64
"""That are followed; a screen has room for fewer."""
_CELLS = 512


class History:
    """The extremes of every column over time, so that no spike is ever lost; NaN where nothing was measured.

    >>> history = History()
    >>> history.add(["loss_d"], np.array([[1.0, 9.0, 2.0]]))
    >>> history.rows, history.last("loss_d"), history.extremes("loss_d")[1].tolist()
    (3, 2.0, [1.0, 9.0, 2.0])
    """

    def __init__(self) -> None:
        self.rows = 0
        self._width = 1
        """Rows in each cell."""
        self._least: dict[str, np.ndarray] = {}
        self._greatest: dict[str, np.ndarray] = {}
        self._last: dict[str, float] = {}

    @property
    def columns(self) -> list[str]:
        """Those that ever had a number, in the order in which they came."""
        return list(self._last)

    def last(self, name: str) -> float:
        """The newest number of a column; NaN where it has none."""
        return self._last.get(name, np.nan)

    def extremes(self, name: str) -> tuple[Float[np.ndarray, " cells"], Float[np.ndarray, " cells"]]:
        """The least and the greatest value in each cell so far."""
        used = -(-self.rows // self._width)
        nothing = np.full(used, np.nan)
        return self._least.get(name, nothing)[:used], self._greatest.get(name, nothing)[:used]

    def bounds(self, name: str) -> tuple[float, float]:
        """The least and the greatest value ever; NaN where there is none."""
        least, greatest = self.extremes(name)
        return float(np.fmin.reduce(least, initial=np.nan)), float(np.fmax.reduce(greatest, initial=np.nan))

    def add(self, names: Sequence[str], values: Float[np.ndarray, "columns rows"]) -> None:
        """The next rows."""
        count = values.shape[1]
        if not count:
            return
        while self.rows + count > _CELLS * self._width:
            self._halve()
        cell = (self.rows + np.arange(count)) // self._width
        begin = np.flatnonzero(np.diff(cell, prepend=-1))
        for name, row in zip(names, values, strict=True):
            known = np.flatnonzero(~np.isnan(row))
            if not len(known) or (name not in self._last and len(self._last) >= MOST_COLUMNS):
                continue
            self._last[name] = float(row[known[-1]])
            for merge, kept in ((np.fmin, self._least), (np.fmax, self._greatest)):
                cells = kept.setdefault(name, np.full(_CELLS, np.nan))
                cells[cell[begin]] = merge(cells[cell[begin]], merge.reduceat(row, begin))
        self.rows += count

    def _halve(self) -> None:
        self._width *= 2
        for merge, kept in ((np.fmin, self._least), (np.fmax, self._greatest)):
            for name, cells in kept.items():
                kept[name] = np.concatenate([merge(cells[0::2], cells[1::2]), np.full(_CELLS // 2, np.nan)])
