"""TensorBoard's event files, without TensorBoard: records with checksums, each a small protocol buffer.

A record is its length (u64), the masked CRC-32C of that (u32), the data, and the masked CRC-32C of those (u32), all
little-endian. The data are an `Event` of tensorflow/core/util/event.proto, of which four fields matter here.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import UnreadableRun
from ._crc32c import masked_crc32c

_LENGTH = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
_MOST_BYTES = 2**20
"""Of a record that is looked into; greater ones hold pictures, graphs and the like."""
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_TENSOR_TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8"}
_TENSOR_VALUES = {5: "<f4", 6: "<f8"}
"""float_val and double_val, packed."""


class Scalar(NamedTuple):
    """One value that was logged."""

    tag: str
    step: int
    value: float
    seconds: float


def read_scalars(path: Path) -> tuple[list[Scalar], list[str]]:
    """All scalars of one event file in order, and what of it could not be read.

    Raises `UnreadableRun` for a file that is none.
    """
    with path.open("rb") as stream:
        records, problem = _records(stream)
    if not records and problem:
        raise UnreadableRun(f"{path} is no event file of TensorBoard: {problem}")
    problems = [f"{path.name}: {problem}"] if problem else []
    sound = masked_crc32c([data for data, _ in records]) == np.array([checksum for _, checksum in records], np.uint32)
    scalars: list[Scalar] = []
    bad = 0
    for (data, _), whole in zip(records, sound.tolist(), strict=True):
        try:
            scalars += _scalars(data) if whole else []
            bad += not whole
        except (ValueError, IndexError, struct.error):
            bad += 1
    return scalars, problems + ([f"{path.name}: {bad:,} damaged records; skipped"] if bad else [])


def _records(stream: Any) -> tuple[list[tuple[bytes, int]], str]:
    """Data and checksum of every record that is small enough, and why the file was not read to its end."""
    records: list[tuple[bytes, int]] = []
    begin = 0
    size = stream.seek(0, 2)
    while begin < size:
        stream.seek(begin)
        head = stream.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            return records, f"byte {begin:,}: the last record is not there in full"
        length, checksum = _LENGTH.unpack(head)
        if int(masked_crc32c([head[:8]])[0]) != checksum:
            return records, f"byte {begin:,}: no record begins here; the rest is not read"
        end = begin + _LENGTH.size + length + _CHECKSUM.size
        if end > size:
            return records, f"byte {begin:,}: the last record is not there in full"
        if length <= _MOST_BYTES:
            data = stream.read(length)
            records.append((data, _CHECKSUM.unpack(stream.read(_CHECKSUM.size))[0]))
        begin = end
    return records, ""


def _scalars(event: bytes) -> list[Scalar]:
    seconds, step, summary = 0.0, 0, b""
    for number, kind, value in _fields(event):
        if (number, kind) == (1, _EIGHT):
            seconds = struct.unpack("<d", value)[0]
        elif (number, kind) == (2, _VARINT):
            step = value - 2**64 if value >= 2**63 else value
        elif (number, kind) == (5, _BYTES):
            summary = value
    found = []
    for number, kind, value in _fields(summary):
        if (number, kind) == (1, _BYTES) and (named := _value(value)) is not None:
            found.append(Scalar(named[0], step, named[1], seconds))
    return found


def _value(summary_value: bytes) -> tuple[str, float] | None:
    """Tag and number of one value of a summary; None where it is no single number."""
    tag, found = "", None
    for number, kind, value in _fields(summary_value):
        if (number, kind) == (1, _BYTES):
            tag = value.decode("utf-8", "replace")
        elif (number, kind) == (2, _FOUR):
            found = float(struct.unpack("<f", value)[0])
        elif (number, kind) == (8, _BYTES):
            found = _tensor(value)
    return None if found is None else (tag, found)


def _tensor(tensor: bytes) -> float | None:
    """The number of a tensor that holds one."""
    dtype, content = None, None
    for number, kind, value in _fields(tensor):
        if (number, kind) == (1, _VARINT):
            dtype = _TENSOR_TYPES.get(value)
        elif (number, kind) == (4, _BYTES) and value:
            content = value
        elif number in _TENSOR_VALUES and kind in (_BYTES, _FOUR, _EIGHT):
            dtype, content = _TENSOR_VALUES[number], value
    if dtype is None or content is None or len(content) != np.dtype(dtype).itemsize:
        return None
    return float(np.frombuffer(content, dtype)[0])


def _fields(message: bytes) -> Iterator[tuple[int, int, Any]]:
    """(number, wire type, value) of the fields of a protocol buffer."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, position = _varint(message, position)
            yield number, kind, value
            continue
        if kind == _BYTES:
            length, position = _varint(message, position)
        elif kind in (_EIGHT, _FOUR):
            length = 8 if kind == _EIGHT else 4
        else:
            raise ValueError(f"wire type {kind}")
        if position + length > len(message):
            raise ValueError("a field is cut off")
        yield number, kind, message[position : position + length]
        position += length


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), position
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")
