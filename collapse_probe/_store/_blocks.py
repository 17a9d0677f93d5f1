"""Append-only blocks of columns: written in one piece, checked one by one, skipped one by one when damaged.

    magic (4)  header length (u32)  payload length (u64)  CRC-32 of header and payload (u32)  header  payload

All little-endian. The header is JSON: `{"rows": n, "start": s, "columns": [[name, dtype], ...]}`; the payload is the
columns one after another, raw.
"""

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Shaped

from ..errors import InvalidArgument
from ._json import parse_json, whole

MAGIC = b"\x89CPB"
FRAME = struct.Struct("<4sIQI")
DTYPES = ("<i8", "<f8", "<f4")
MOST_COLUMNS, MOST_HEADER = 4096, 2**20
_OFTEN_READ = 4
"""A file is read so many times over in search of its blocks: each false beginning may claim all that follows."""
Column = Shaped[np.ndarray, " rows"]


@dataclass(frozen=True)
class Block:
    """The rows of one append; `start` counts the starts of the run, from 0."""

    start: int
    columns: dict[str, Column]

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return len(self.columns["step"])


def encode(columns: Mapping[str, np.ndarray], *, start: int) -> bytes:
    """One block; float32 where that loses nothing, float64 elsewhere."""
    packed = {name: _pack(name, values) for name, values in columns.items()}
    lengths = {name: len(values) for name, values in packed.items()}
    if len(set(lengths.values())) != 1:
        raise InvalidArgument(f"the columns have different lengths, {lengths}; expected one row for each step in each")
    header = json.dumps(
        {
            "rows": len(packed["step"]),
            "start": start,
            "columns": [[name, values.dtype.str] for name, values in packed.items()],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    if len(packed) > MOST_COLUMNS or len(header) > MOST_HEADER:
        raise InvalidArgument(
            f"{len(packed):,} columns whose names take {len(header):,} bytes; expected at most {MOST_COLUMNS:,} and "
            f"{MOST_HEADER:,}: log the mean over a group of them instead"
        )
    payload = b"".join(values.tobytes() for values in packed.values())
    return FRAME.pack(MAGIC, len(header), len(payload), _checksum(header, payload)) + header + payload


def decode(content: bytes) -> tuple[list[Block], list[tuple[int, int]]]:
    """The sound blocks in order, and the `(begin, end)` of every damaged stretch between or after them.

    A last block that the file does not hold in full is neither: it is not there yet.
    """
    blocks: list[Block] = []
    damaged: list[tuple[int, int]] = []
    position, sound_until = 0, 0
    patience = _OFTEN_READ * len(content) + MOST_HEADER
    while (position := content.find(MAGIC, position)) >= 0:
        found = _block_at(content, position)
        if found is None:
            patience -= _claimed(content, position)
            if patience < 0:
                break
            position += 1
            continue
        block, end = found
        if position > sound_until:
            damaged.append((sound_until, position))
        blocks.append(block)
        position = sound_until = end
    if sound_until < len(content) and not _is_torn(content, sound_until):
        damaged.append((sound_until, len(content)))
    return blocks, damaged


def _pack(name: str, values: np.ndarray) -> np.ndarray:
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        raise InvalidArgument(
            f"column {name!r} has shape {values.shape} and type {values.dtype}; expected one number for each step"
        )
    if name == "step":
        whole = values.astype("<i8")
        if not np.array_equal(whole, values):
            raise InvalidArgument(f"column 'step' holds {values[whole != values][0]}; expected whole numbers")
        return whole
    wide = values.astype("<f8")
    if name == "time":
        return wide
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        narrow = wide.astype("<f4")
    return narrow if np.array_equal(narrow, wide, equal_nan=True) else wide


def _checksum(header: bytes, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(header))


def _block_at(content: bytes, position: int) -> tuple[Block, int] | None:
    if position + FRAME.size > len(content):
        return None
    _, header_length, payload_length, checksum = FRAME.unpack_from(content, position)
    payload_begin = position + FRAME.size + header_length
    end = payload_begin + payload_length
    if header_length > MOST_HEADER or end > len(content):
        return None
    header = content[position + FRAME.size : payload_begin]
    payload = content[payload_begin:end]
    if _checksum(header, payload) != checksum:
        return None
    fields = _parse_header(header)
    if fields is None or len(payload) != fields["rows"] * sum(int(dtype[2]) for _, dtype in fields["columns"]):
        return None
    return Block(fields["start"], _split(payload, fields)), end


@lru_cache(maxsize=32)
def _parse_header(header: bytes) -> dict[str, Any] | None:
    """Blocks of one run mostly share their header, so it is parsed once."""
    try:
        fields: dict[str, Any] = parse_json(header)
        columns = {name: dtype for name, dtype in fields["columns"] if isinstance(name, str) and dtype in DTYPES}
        sound = len(columns) == len(fields["columns"]) <= MOST_COLUMNS and columns.get("step") == "<i8"
        counts = [whole(fields[name]) for name in ("rows", "start")]
        return fields if sound and all(count is not None and count >= 0 for count in counts) else None
    except (ValueError, KeyError, TypeError):
        return None


def _split(payload: bytes, fields: dict[str, Any]) -> dict[str, Column]:
    columns = {}
    offset = 0
    for name, dtype in fields["columns"]:
        columns[name] = np.frombuffer(payload, dtype=dtype, count=fields["rows"], offset=offset)
        offset += columns[name].nbytes
    return columns


def _claimed(content: bytes, position: int) -> int:
    """How many bytes were read to find that no block begins here."""
    if position + FRAME.size > len(content):
        return 0
    _, header_length, payload_length, _ = FRAME.unpack_from(content, position)
    claimed = int(header_length + payload_length)
    return claimed if position + FRAME.size + claimed <= len(content) and header_length <= MOST_HEADER else 0


def _is_torn(content: bytes, position: int) -> bool:
    """Whether the file ends inside the block that begins here: then the rest may still come."""
    if content[position : position + len(MAGIC)] != MAGIC[: len(content) - position]:
        return False
    if position + FRAME.size > len(content):
        return True
    _, header_length, payload_length, _ = FRAME.unpack_from(content, position)
    return bool(position + FRAME.size + header_length + payload_length > len(content))
