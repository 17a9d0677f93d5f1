"""The files of many ranks as one run."""

import dataclasses
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import UnreadableRun
from ._blocks import Block
from ._runfile import read_run_file
from ._tables import BlockFile, Boundaries, boundaries, read_blocks, table

STEMS = ("steps", "statistics")


class RankFiles:
    """The block files of all ranks of a run, rank 0 first; any of them may be missing, torn or short."""

    def __init__(self, folder: Path, starts: Sequence[Any]) -> None:
        """`starts` is that of run.json."""
        self._folder = folder
        self._starts = [_time(start) for start in starts]

    def problems(self) -> list[str]:
        """What could not be read."""
        return [problem for files in self._files.values() for part in files.values() for problem in part.problems]

    @cached_property
    def boundaries(self) -> Boundaries:
        """The first step of each start of rank 0."""
        return boundaries(*(self._blocks(stem, 0) for stem in STEMS))

    def tables(self, stem: str) -> Iterator[pd.DataFrame]:
        """One for each rank that has any, without what a later start replaced."""
        for rank in sorted({0, *self._files[stem]}):
            blocks = self._blocks(stem, rank)
            # Ranks may go on from different steps, and one that a later start lacks still goes back with rank 0.
            own = boundaries(*(self._blocks(name, rank) for name in STEMS))
            yield table(blocks, self.boundaries | own)

    @cached_property
    def _files(self) -> dict[str, dict[int, BlockFile]]:
        return {
            stem: {rank: read_blocks(self._folder / f"{stem}.{rank}") for rank in _ranks(self._folder, stem)}
            for stem in STEMS
        }

    def _blocks(self, stem: str, rank: int) -> list[Block]:
        blocks = self._files[stem].get(rank, BlockFile([], [])).blocks
        if rank == 0 or len(self._starts) < 2:
            return blocks
        numbers = self._start_numbers(rank)
        return [dataclasses.replace(block, start=numbers.get(block.start, block.start)) for block in blocks]

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
    merged = first_rank_decides(tables)
    if len(tables) == 1:
        return merged
    for name in merged.columns.drop("time", errors="ignore"):
        total, count = np.zeros(len(merged)), np.zeros(len(merged))
        for part in tables:
            if name in part:
                rows, values = merged.index.get_indexer(part.index), part[name].to_numpy()
                known = ~np.isnan(values)
                with np.errstate(invalid="ignore"):  # one rank may be at +inf and another at -inf
                    total[rows[known]] += values[known]
                count[rows[known]] += 1
        with np.errstate(invalid="ignore"):
            merged[name] = total / count
    return merged


def first_rank_decides(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of the first rank; the others fill steps and columns that it does not have."""
    merged = tables[0].copy()
    for other in tables[1:]:
        missing = other.loc[~other.index.isin(merged.index)]
        if len(missing):
            merged = pd.concat([merged, missing]).sort_index() if len(merged) else missing.copy()
    return merged.reindex(columns=list(dict.fromkeys(name for part in tables for name in part)))


def _ranks(folder: Path, stem: str) -> list[int]:
    suffixes = (path.name.removeprefix(f"{stem}.") for path in folder.glob(f"{stem}.*"))
    return sorted(int(suffix) for suffix in suffixes if suffix.isdecimal())


def _time(start: Any) -> float:
    return float(start["time"]) if isinstance(start, dict) and "time" in start else np.nan
