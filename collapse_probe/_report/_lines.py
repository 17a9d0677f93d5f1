"""The columns of a table as lines that are drawn."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ._bucket import LEAST, bucket, measured, shared_rows

Line = tuple[np.ndarray, np.ndarray]


class Lines:
    """Every column of a table that has a number, as `(x, y)`: about `most` points each, those of a step together."""

    def __init__(self, table: pd.DataFrame, *, most: int, events: Iterable[int] = ()) -> None:
        self.lines: dict[str, Line] = {}
        x = table.index.to_numpy()
        dense: dict[str, np.ndarray] = {}
        for name in map(str, table):
            values = table[name].to_numpy(dtype=np.float64)
            if not np.isfinite(values).any():
                continue
            apart, single = measured(x, values)
            if len(apart) < len(x):
                self.lines[name] = bucket(apart, single, most=max(most, LEAST))
            else:
                dense[name] = values
        kept = shared_rows(x, np.array(list(dense.values())).reshape(len(dense), len(x)), most=most, events=events)
        shared = x[kept]
        self.lines |= {name: (shared, values[kept]) for name, values in dense.items()}

    def __contains__(self, name: str) -> bool:
        return name in self.lines

    def __getitem__(self, name: str) -> Line:
        return self.lines[name]

    def any_values(self, names: Iterable[str]) -> np.ndarray:
        """All finite values of these lines."""
        every = np.concatenate([np.empty(0), *(self.lines[name][1] for name in names if name in self.lines)])
        return np.asarray(every[np.isfinite(every)])
