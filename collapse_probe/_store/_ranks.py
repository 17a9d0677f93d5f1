"""The files of many ranks as one run."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import UnreadableRun
from ._json import number
from ._layout import stored_ranks
from ._runfile import read_run_file
from ._tables import Boundaries, StoredRows, boundaries, most_used, read_rows, table

STEMS = ("steps", "statistics")


class RankFiles:
    """The block files of all ranks of a run, rank 0 first; any of them may be missing, torn or short."""

    def __init__(self, folder: Path, starts: Sequence[Mapping[str, Any]], step_columns: Sequence[str] = ()) -> None:
        """`starts` is that of run.json; a table of steps has at least `step_columns`, in this order."""
        self._folder = folder
        self._starts = [_time(start) for start in starts]
        # As a writer goes: what is read of a capture is always of a step that is read too.
        statistics = self._read("statistics", ())
        self._rows = {"statistics": statistics, "steps": self._read("steps", step_columns)}

    def problems(self) -> list[str]:
        """What could not be read."""
        return [problem for stem in STEMS for rows in self._rows[stem].values() for problem in rows.problems]

    @cached_property
    def boundaries(self) -> Boundaries:
        """The first step of each start of rank 0."""
        return self._boundaries_of(0)

    def tables(self, stem: str) -> Iterator[pd.DataFrame]:
        """One for each rank that has any, without what a later start replaced."""
        for rank, rows in sorted(self._rows[stem].items()):
            # Ranks may go on from different steps, and one that a later start lacks still goes back with rank 0.
            yield table(rows, Boundaries(self.boundaries | self._boundaries_of(rank)))

    def _read(self, stem: str, columns: Sequence[str]) -> dict[int, StoredRows]:
        found = {}
        for rank in sorted({0, *stored_ranks(self._folder, stem)}):
            rows = read_rows(self._folder / f"{stem}.{rank}", columns)
            if rank and len(self._starts) > 1:
                numbers = self._start_numbers(rank)
                ours = [numbers.get(start, start) for start in np.unique(rows.start).tolist()]
                theirs = np.unique(rows.start, return_inverse=True)[1]
                rows = dataclasses.replace(rows, start=np.array(ours, dtype=np.int64)[theirs])
            found[rank] = rows
        return found

    def _boundaries_of(self, rank: int) -> Boundaries:
        return boundaries(*(self._rows[stem][rank] for stem in STEMS if rank in self._rows[stem]))

    def _start_numbers(self, rank: int) -> dict[int, int]:
        """For each start that this rank counted, the one of rank 0 nearest in time: a rank may have missed some."""
        try:
            times = [_time(start) for start in read_run_file(self._folder, rank)["starts"]]
        except UnreadableRun:
            return {}
        ours = np.array(self._starts)
        return {number: int(np.abs(ours - time).argmin()) for number, time in enumerate(times)}


def mean_over_ranks(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The mean of each column over the ranks that have a number there; `time` is that of the first that has the step.

    >>> first, second = pd.DataFrame({"loss_d": [1.0, np.nan]}), pd.DataFrame({"loss_d": [3.0, 5.0, 7.0]})
    >>> mean_over_ranks([first, second])["loss_d"].tolist()
    [2.0, 5.0, 7.0]
    """
    if len(tables) == 1:
        return tables[0]
    merged = first_rank_decides(tables)
    for name in merged.columns.drop("time", errors="ignore"):
        total, count = np.zeros(len(merged)), np.zeros(len(merged))
        for part in tables:
            if name in part:
                rows, values = merged.index.get_indexer(part.index), part[name].to_numpy()
                known = ~np.isnan(values)
                with np.errstate(over="ignore", invalid="ignore"):  # one rank may be at +inf and another at -inf
                    total[rows[known]] += values[known]
                count[rows[known]] += 1
        with np.errstate(invalid="ignore"):
            merged[name] = total / count
    return merged


def first_rank_decides(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of the first rank; the others fill steps and columns that it does not have."""
    counts: Counter[str] = Counter()
    for part in tables:
        counts.update({str(name): len(part) for name in part})
    names = most_used(counts, sum(map(len, tables)))
    tables = [part[[name for name in names if name in part]] for part in tables]
    merged = tables[0].copy()
    for other in tables[1:]:
        missing = other.loc[~other.index.isin(merged.index)]
        if len(missing):
            merged = pd.concat([merged, missing]).sort_index() if len(merged) else missing.copy()
    return merged.reindex(columns=names)


def _time(start: Mapping[str, Any]) -> float:
    time = number(start.get("time"))
    return time if np.isfinite(time) else np.nan
