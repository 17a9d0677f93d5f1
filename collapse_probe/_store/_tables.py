"""From blocks to one table: what a later start of the run replaced is left out."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int64

from ..errors import UnreadableRun
from ._blocks import MOST_COLUMNS, Block, decode
from ._files import MOST_BLOCKS, read_file

MOST_CELLS = 2**27
"""Numbers in a table that is mostly gaps."""


class Boundaries(dict[int, int]):
    """For each start of the run, the first step that it wrote; not changed once it has been asked."""

    @cached_property
    def _from_each_on(self) -> tuple[list[int], list[int]]:
        """The starts, and the earliest step of each and all later ones."""
        starts = sorted(self)
        earliest = list(accumulate((self[start] for start in reversed(starts)), min))
        return starts, earliest[::-1]

    def after(self, start: int) -> int | None:
        """The earliest step of the starts that came later."""
        starts, earliest = self._from_each_on
        place = bisect_right(starts, start)
        return earliest[place] if place < len(starts) else None


@dataclass(frozen=True)
class BlockFile:
    """The sound blocks of one file, and what was wrong with the rest of it."""

    blocks: list[Block]
    problems: list[str]


def read_blocks(path: Path) -> BlockFile:
    """All blocks that are there in full; a file that does not exist yet has none."""
    try:
        content = read_file(path, most=MOST_BLOCKS)
    except FileNotFoundError:
        return BlockFile([], [])
    except UnreadableRun as error:
        return BlockFile([], [f"{path.name}: {error}"])
    blocks, damaged = decode(content)
    problems = [
        f"{path.name}, byte {begin}: {end - begin} bytes are not a whole block (cut off by a stop, or damaged); skipped"
        for begin, end in damaged
    ]
    return BlockFile(blocks, problems)


def boundaries(*files: Sequence[Block]) -> Boundaries:
    """The first step of each start, over all tables of the run."""
    first = Boundaries()
    for block in (block for blocks in files for block in blocks):
        if block.rows:
            first[block.start] = min(first.get(block.start, np.iinfo(np.int64).max), int(block.columns["step"].min()))
    return first


def resumed_at(start: int, first: Boundaries) -> int | None:
    """The earliest step that a later start took up again: from there on, what `start` wrote is void."""
    return first.after(start)


def table(blocks: Sequence[Block], first: Boundaries) -> pd.DataFrame:
    """One row a step, the newest; columns of all blocks, NaN where a block has none."""
    rows = sum(block.rows for block in blocks)
    names = bounded(blocks, rows)
    step = np.zeros(rows, dtype=np.int64)
    values = {name: np.full(rows, np.nan) for name in names}
    valid = np.ones(rows, dtype=bool)
    begin = 0
    for block in blocks:
        where = slice(begin, begin + block.rows)
        step[where] = block.columns["step"]
        for name in names:
            if name in block.columns:
                values[name][where] = block.columns[name]
        resumed = resumed_at(block.start, first)
        if resumed is not None:
            valid[where] = step[where] < resumed
        begin += block.rows
    keep = _newest(step, valid)
    index = pd.Index(step[keep], name="step", dtype="int64")
    return pd.DataFrame({name: column[keep] for name, column in values.items()}, index=index)


def bounded(blocks: Sequence[Block], rows: int) -> list[str]:
    """The columns of the table but for `step`; of a great many that are hardly used, those with the most numbers."""
    counts: Counter[str] = Counter()
    for block in blocks:
        counts.update(dict.fromkeys(block.columns, block.rows))
    del counts["step"]
    return most_used(counts, rows)


def most_used(counts: Counter[str], rows: int) -> list[str]:
    """The columns that fit a table of so many rows, by how many numbers each has.

    A few long blocks and a few with thousands of columns would else make a table that no memory holds.
    """
    room = min(max(MOST_CELLS, 8 * counts.total()) // max(rows, 1), MOST_COLUMNS)
    kept = counts if len(counts) <= room else {name for name, _ in counts.most_common(room)}
    return [name for name in counts if name in kept]


def _newest(step: Int64[np.ndarray, " rows"], valid: Bool[np.ndarray, " rows"]) -> Int64[np.ndarray, " kept"]:
    """Positions of the last valid row of every step, in step order."""
    candidates = np.flatnonzero(valid)[::-1]
    _, position = np.unique(step[candidates], return_index=True)
    return np.asarray(candidates[position], dtype=np.int64)
