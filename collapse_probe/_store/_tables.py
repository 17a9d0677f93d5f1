"""From blocks to one table: what a later start of the run replaced is left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Int64, Shaped, UInt8

from ._scan import Stretch, scan

Boundaries = dict[int, int]
"""For each start of the run, the first step that it wrote."""
_LONG = 1 << 16


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
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        content = b""
    stretches, damaged = scan(content)
    problems = [
        f"{path.name}, byte {begin}: {end - begin} bytes are not a whole block (cut off by a stop, or damaged); skipped"
        for begin, end in damaged
    ]
    layouts = {id(stretch.layout): stretch.layout for stretch in stretches}.values()
    names = dict.fromkeys([*columns, *(name for layout in layouts for name, _ in layout if name != "step")])
    counts = np.array([stretch.all_rows for stretch in stretches], dtype=np.int64)
    start = np.repeat(np.array([stretch.start for stretch in stretches], dtype=np.int64), counts)
    step = np.zeros(len(start), dtype=np.int64)
    values = np.full((len(names), len(start)), np.nan)
    place = {name: values[index] for index, name in enumerate(names)} | {"step": step}
    _fill(place, stretches, np.frombuffer(content, np.uint8))
    return StoredRows(start, step, list(names), values, problems)


def boundaries(*files: StoredRows) -> Boundaries:
    """The first step of each start, over all tables of the run."""
    first: Boundaries = {}
    for rows in files:
        for start in np.unique(rows.start).tolist():
            step = int(rows.step[rows.start == start].min())
            first[start] = min(first.get(start, step), step)
    return first


def resumed_at(start: int, first: Boundaries) -> int | None:
    """The earliest step that a later start took up again: from there on, what `start` wrote is void."""
    return min((step for later, step in first.items() if later > start), default=None)


def table(rows: StoredRows, first: Boundaries) -> pd.DataFrame:
    """One row a step, the newest; columns of all blocks, NaN where a block has none."""
    valid = np.ones(len(rows.step), dtype=bool)
    for start in np.unique(rows.start).tolist():
        resumed = resumed_at(start, first)
        if resumed is not None:
            valid &= (rows.start != start) | (rows.step < resumed)
    step, values = rows.step, rows.values
    if not valid.all() or (step[1:] <= step[:-1]).any():
        keep = _newest(step, valid)
        step, values = step[keep], values[:, keep]
    index = pd.Index(step, name="step", dtype="int64")
    return pd.DataFrame(values.T, index=index, columns=rows.names, copy=False)


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
