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
from ._blocks import Block
from ._json import number
from ._layout import stored_ranks
from ._runfile import read_run_file
from ._tables import BlockFile, Boundaries, boundaries, bounded, most_used, read_blocks, table

STEMS = ("steps", "statistics")


class RankFiles:
    """The block files of all ranks of a run, rank 0 first; any of them may be missing, torn or short."""

    def __init__(self, folder: Path, starts: Sequence[Mapping[str, Any]]) -> None:
        """`starts` is that of run.json."""
        self._folder = folder
        self._starts = [_time(start) for start in starts]

    def problems(self) -> list[str]:
        """What could not be read."""
        found = [problem for files in self._files.values() for part in files.values() for problem in part.problems]
        for stem, files in self._files.items():
            for rank, part in files.items():
                names = {name for block in part.blocks for name in block.columns} - {"step"}
                left_out = len(names) - len(bounded(part.blocks, sum(block.rows for block in part.blocks)))
                if left_out:
                    found.append(f"{stem}.{rank}: {left_out:,} of {len(names):,} columns are hardly used; left out")
        return found

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
            yield table(blocks, Boundaries(self.boundaries | own))

    @cached_property
    def _files(self) -> dict[str, dict[int, BlockFile]]:
        return {
            stem: {rank: read_blocks(self._folder / f"{stem}.{rank}") for rank in stored_ranks(self._folder, stem)}
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
