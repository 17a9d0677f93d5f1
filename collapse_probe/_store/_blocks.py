"""Append-only blocks of columns: written in one piece, checked one by one, skipped one by one when damaged.

    magic (4)  header length (u32)  payload length (u64)  CRC-32 of header and payload (u32)  header  payload

All little-endian. The header is JSON: `{"rows": n, "start": s, "layout": k, "columns": [[name, dtype], ...]}`; the
payload is the columns one after another, raw. A block of few rows may leave `columns` out: they are those of the
blocks with the same `start` and `layout`.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Shaped

from ..errors import InvalidArgument
from ._scan import FRAME, MAGIC, MOST_COLUMNS, MOST_HEADER, MOST_PAYLOAD, Layout, scan

Column = Shaped[np.ndarray, " rows"]

_CHEAP_PAYLOAD = 4096
"""From so many bytes on, naming the columns again costs little."""
_NAMED_AGAIN = 32
"""Of so many small blocks one names its columns; of the first ones 0, 1, 2, 4, 8, 16 do."""
_MOST_LAYOUTS = 1024
"""After so many each block names its columns."""


@dataclass(eq=False)
class Block:
    """The rows of one append; `start` counts the starts of the run, from 0."""

    start: int
    rows: int
    layout: Layout
    payload: bytes

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The values by column."""
        columns = {}
        offset = 0
        for name, dtype in self.layout:
            columns[name] = np.frombuffer(self.payload, dtype=dtype, count=self.rows, offset=offset)
            offset += columns[name].nbytes
        return columns


class Encoder:
    """Makes the blocks of one file in one start of the run.

    Columns that once needed float64 keep it, so that layouts are few and small blocks need not name their columns.
    """

    def __init__(self, *, start: int) -> None:
        self._start = start
        self._wide: set[str] = set()
        self._layouts: dict[Layout, int] = {}
        self._written: dict[Layout, int] = {}

    def encode(self, columns: Mapping[str, np.ndarray]) -> bytes:
        """One block; float32 where that loses nothing, float64 elsewhere."""
        packed = {name: _pack(name, values, wide=name in self._wide) for name, values in columns.items()}
        lengths = {name: len(values) for name, values in packed.items()}
        if len(set(lengths.values())) != 1:
            raise InvalidArgument(
                f"the columns have different lengths, {lengths}; expected one row for each step in each"
            )
        self._wide |= {name for name, values in packed.items() if values.dtype == "<f8"}
        payload = b"".join(values.tobytes() for values in packed.values())
        layout = tuple((name, values.dtype.str) for name, values in packed.items())
        header = self._header(layout, rows=len(packed["step"]), named=len(payload) >= _CHEAP_PAYLOAD)
        if len(layout) > MOST_COLUMNS or len(header) > MOST_HEADER or len(payload) > MOST_PAYLOAD:
            raise InvalidArgument(
                f"{len(layout):,} columns whose names take {len(header):,} bytes and whose values {len(payload):,}; "
                f"expected at most {MOST_COLUMNS:,}, {MOST_HEADER:,} and {MOST_PAYLOAD:,}: log the means of groups"
            )
        return FRAME.pack(MAGIC, len(header), len(payload), _checksum(header, payload)) + header + payload

    def start_anew(self) -> None:
        """Name all columns again: blocks that did so may have been lost on their way to the disk."""
        self._written.clear()

    def _header(self, layout: Layout, *, rows: int, named: bool) -> bytes:
        fields: dict[str, Any] = {"rows": rows, "start": self._start}
        if layout not in self._layouts and len(self._layouts) < _MOST_LAYOUTS:
            self._layouts[layout] = len(self._layouts)
        if layout in self._layouts:
            fields["layout"] = self._layouts[layout]
            before = self._written.get(layout, 0)
            self._written[layout] = before + 1
            named = named or before & (before - 1) == 0 or before % _NAMED_AGAIN == 0
        if named or "layout" not in fields:
            fields["columns"] = layout
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def encode(columns: Mapping[str, np.ndarray], *, start: int) -> bytes:
    """One block that needs no other."""
    return Encoder(start=start).encode(columns)


def decode(content: bytes) -> tuple[list[Block], list[tuple[int, int]]]:
    """The sound blocks in order, and the `(begin, end)` of every damaged stretch between or after them.

    A last block that the file does not hold in full is neither: it is not there yet. A block whose columns no block
    of the file names is damaged.
    """
    stretches, damaged = scan(content)
    blocks = []
    for stretch in stretches:
        for begin in range(stretch.begin, stretch.end, stretch.size):
            payload = content[begin + stretch.payload_at : begin + stretch.size]
            blocks.append(Block(stretch.start, stretch.rows, stretch.layout, payload))
    return blocks, damaged


def _pack(name: str, values: np.ndarray, *, wide: bool) -> np.ndarray:
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        raise InvalidArgument(
            f"column {name!r} has shape {values.shape} and type {values.dtype}; expected one number for each step"
        )
    if name == "step":
        whole = values.astype("<i8")
        if not np.array_equal(whole, values):
            raise InvalidArgument(f"column 'step' holds {values[whole != values][0]}; expected whole numbers")
        return whole
    full = values.astype("<f8")
    if wide or name == "time":
        return full
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        narrow = full.astype("<f4")
    return narrow if np.array_equal(narrow, full, equal_nan=True) else full


def _checksum(header: bytes, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(header))
