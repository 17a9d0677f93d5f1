"""From blocks to one table: what a later start of the run replaced is left out."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Int64, Shaped, UInt8

from ..errors import UnreadableRun
from ._files import MOST_BLOCKS, read_file
from ._scan import MOST_COLUMNS, Stretch, scan

_LONG = 1 << 16
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
class StoredRows:
    """All rows of one file as they lie there, and what was wrong with the rest of it."""

    start: Int64[np.ndarray, " rows"]
    """The start of the run that wrote each row."""
    step: Int64[np.ndarray, " rows"]
    names: list[str]
    """The other columns."""
    values: Float64[np.ndarray, "columns rows"]
    """NaN where a block lacks the column."""
    problems: list[str]


def read_rows(path: Path, columns: Sequence[str] = ()) -> StoredRows:
    """Of all blocks that are there in full, with at least these columns; a file that does not exist yet has none."""
    content, problems = b"", list[str]()
    try:
        content = read_file(path, most=MOST_BLOCKS)
    except FileNotFoundError:
        pass
    except UnreadableRun as error:
        problems.append(f"{path.name}: {error}")
    stretches, damaged = scan(content)
    problems += [
        f"{path.name}, byte {begin}: {end - begin} bytes are not a whole block (cut off by a stop, or damaged); skipped"
        for begin, end in damaged
    ]
    rows = rows_in(content, stretches, columns=columns, file=path.name)
    rows.problems[:0] = problems
    return rows


def rows_in(content: bytes, stretches: Sequence[Stretch], *, columns: Sequence[str], file: str) -> StoredRows:
    """The rows of these blocks, with at least these columns."""
    problems = []
    found = _columns(stretches)
    names = dict.fromkeys([*columns, *most_used(found, sum(stretch.all_rows for stretch in stretches))])
    if left_out := len(found.keys() - names.keys()):
        problems.append(f"{file}: {left_out:,} of {len(found):,} columns are hardly used; left out")
    counts = np.array([stretch.all_rows for stretch in stretches], dtype=np.int64)
    start = np.repeat(np.array([stretch.start for stretch in stretches], dtype=np.int64), counts)
    step = np.zeros(len(start), dtype=np.int64)
    values = np.full((len(names), len(start)), np.nan)
    place = {name: values[index] for index, name in enumerate(names)} | {"step": step}
    _fill(place, stretches, np.frombuffer(content, np.uint8))
    return StoredRows(start, step, list(names), values, problems)


def boundaries(*files: StoredRows) -> Boundaries:
    """The first step of each start, over all tables of the run."""
    first = Boundaries()
    for rows in files:
        starts, which = _by_start(rows)
        earliest = np.full(len(starts), np.iinfo(np.int64).max)
        np.minimum.at(earliest, which, rows.step)
        for start, step in zip(starts, earliest.tolist(), strict=True):
            first[start] = min(first.get(start, step), step)
    return first


def resumed_at(start: int, first: Boundaries) -> int | None:
    """The earliest step that a later start took up again: from there on, what `start` wrote is void."""
    return first.after(start)


def table(rows: StoredRows, first: Boundaries) -> pd.DataFrame:
    """One row a step, the newest; columns of all blocks, NaN where a block has none."""
    starts, which = _by_start(rows)
    resumed = [resumed_at(start, first) for start in starts]
    never = np.array([step is None for step in resumed], dtype=bool)
    valid = never[which] | (rows.step < np.array([step or 0 for step in resumed], dtype=np.int64)[which])
    step, values = rows.step, rows.values
    if not valid.all() or (step[1:] <= step[:-1]).any():
        keep = _newest(step, valid)
        step, values = step[keep], values[:, keep]
    index = pd.Index(step, name="step", dtype="int64")
    return pd.DataFrame(values.T, index=index, columns=rows.names, copy=False)


def most_used(counts: Counter[str], rows: int) -> list[str]:
    """The columns that fit a table of so many rows, by how many numbers each has.

    A few long blocks and a few with thousands of columns would else make a table that no memory holds.
    """
    room = min(max(MOST_CELLS, 8 * counts.total()) // max(rows, 1), MOST_COLUMNS)
    kept = counts if len(counts) <= room else {name for name, _ in counts.most_common(room)}
    return [name for name in counts if name in kept]


def _columns(stretches: Sequence[Stretch]) -> Counter[str]:
    """How many numbers each column has, but for `step`."""
    layouts = {id(stretch.layout): stretch.layout for stretch in stretches}
    rows: Counter[int] = Counter()
    for stretch in stretches:
        rows[id(stretch.layout)] += stretch.all_rows
    found: Counter[str] = Counter()
    for key, layout in layouts.items():
        for name, _ in layout:
            found[name] += rows[key]
    del found["step"]
    return found


def _by_start(rows: StoredRows) -> tuple[list[int], Int64[np.ndarray, " rows"]]:
    """The starts that wrote these rows, and which of them wrote each."""
    if len(rows.start) and (rows.start == rows.start[0]).all():
        return [int(rows.start[0])], np.zeros(len(rows.start), dtype=np.int64)
    starts, which = np.unique(rows.start, return_inverse=True)
    return starts.tolist(), which


def _fill(
    place: Mapping[str, Shaped[np.ndarray, " rows"]], stretches: Sequence[Stretch], content: UInt8[np.ndarray, " bytes"]
) -> None:
    """Copy the payloads to the columns, one behind the other; of small blocks those that are alike together."""
    alike: dict[tuple[int, int, int], list[tuple[int, Stretch]]] = {}
    row = 0
    for number, stretch in enumerate(stretches):
        # Long ones are copied from where they lie.
        apart = number if stretch.end - stretch.begin > _LONG else -1
        alike.setdefault((id(stretch.layout), stretch.rows, apart), []).append((row, stretch))
        row += stretch.all_rows
    for members in alike.values():
        first, rows = members[0][1], members[0][1].rows
        if not rows:
            continue
        fields = np.dtype([(str(index), dtype, (rows,)) for index, (_, dtype) in enumerate(first.layout)])
        payloads = [_payloads(content, stretch) for _, stretch in members]
        packed = (payloads[0] if len(payloads) == 1 else np.concatenate(payloads)).view(fields)[:, 0]
        begin = np.concatenate([np.arange(row, row + stretch.all_rows, rows) for row, stretch in members])
        together = begin[-1] - begin[0] == rows * (len(begin) - 1)
        for index, (name, _) in enumerate(first.layout):
            if name not in place:
                continue
            if together:
                place[name][begin[0] : begin[-1] + rows].reshape(-1, rows)[:] = packed[str(index)]
            else:
                place[name][begin[:, None] + np.arange(rows)] = packed[str(index)]


def _payloads(content: UInt8[np.ndarray, " bytes"], stretch: Stretch) -> UInt8[np.ndarray, "blocks bytes"]:
    return content[stretch.begin : stretch.end].reshape(-1, stretch.size)[:, stretch.payload_at :]


def _newest(step: Int64[np.ndarray, " rows"], valid: Bool[np.ndarray, " rows"]) -> Int64[np.ndarray, " kept"]:
    """Positions of the last valid row of every step, in step order."""
    candidates = np.flatnonzero(valid)[::-1]
    _, position = np.unique(step[candidates], return_index=True)
    return np.asarray(candidates[position], dtype=np.int64)
