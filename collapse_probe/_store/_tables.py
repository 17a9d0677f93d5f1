"""From blocks to one table: what a later start of the run replaced is left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int64

from ._blocks import Block, decode

Boundaries = dict[int, int]
"""For each start of the run, the first step that it wrote."""


@dataclass(frozen=True)
class BlockFile:
    """The sound blocks of one file, and what was wrong with the rest of it."""

    blocks: list[Block]
    problems: list[str]


def read_blocks(path: Path) -> BlockFile:
    """All blocks that are there in full; a file that does not exist yet has none."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return BlockFile([], [])
    blocks, damaged = decode(content)
    problems = [
        f"{path.name}, byte {begin}: {end - begin} bytes are not a whole block (cut off by a stop, or damaged); skipped"
        for begin, end in damaged
    ]
    return BlockFile(blocks, problems)


def boundaries(*files: Sequence[Block]) -> Boundaries:
    """The first step of each start, over all tables of the run."""
    first: Boundaries = {}
    for block in (block for blocks in files for block in blocks):
        if block.rows:
            first[block.start] = min(first.get(block.start, np.iinfo(np.int64).max), int(block.columns["step"].min()))
    return first


def resumed_at(start: int, first: Boundaries) -> int | None:
    """The earliest step that a later start took up again: from there on, what `start` wrote is void."""
    return min((step for later, step in first.items() if later > start), default=None)


def table(blocks: Sequence[Block], first: Boundaries) -> pd.DataFrame:
    """One row a step, the newest; columns of all blocks, NaN where a block has none."""
    rows = sum(block.rows for block in blocks)
    names = list(dict.fromkeys(name for block in blocks for name in block.columns if name != "step"))
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


def _newest(step: Int64[np.ndarray, " rows"], valid: Bool[np.ndarray, " rows"]) -> Int64[np.ndarray, " kept"]:
    """Positions of the last valid row of every step, in step order."""
    candidates = np.flatnonzero(valid)[::-1]
    _, position = np.unique(step[candidates], return_index=True)
    return np.asarray(candidates[position], dtype=np.int64)
