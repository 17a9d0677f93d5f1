"""Finding the sound blocks of a file, whatever else it holds."""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from ._json import parse_json

MAGIC = b"\x89CPB"
FRAME = struct.Struct("<4sIQI")
"""Magic, header length, payload length, CRC-32 of header and payload."""
DTYPES = ("<i8", "<f8", "<f4")
MOST_COLUMNS, MOST_HEADER, MOST_PAYLOAD = 4096, 2**20, 2**30
"""Of one block; a larger one is not written, and not taken for one."""
Layout = tuple[tuple[str, str], ...]
"""Name and type of each column, in the order in which they lie in the payload."""
Named = dict[tuple[int, int | None], set[Layout]]
"""The columns that blocks of one start and one number of a layout name: two writers may have counted alike."""

_UNKNOWN: tuple[Layout, int] = ((), -1)
_SMALL_HEADER = 2**16
_PATIENCE = 64
"""What is no block may claim any length, many times over; a file is not checked more often than this."""


class Stretch(NamedTuple):
    """Blocks that lie one behind the other and differ in their values only."""

    start: int
    rows: int
    """Of each block."""
    layout: Layout
    begin: int
    """Where the first lies in the file, and where the last ends."""
    end: int
    size: int
    """Bytes of one block."""
    payload_at: int
    """Where the payload begins in each."""

    @property
    def all_rows(self) -> int:
        """How many rows they hold together."""
        return self.rows * ((self.end - self.begin) // self.size)


def scan(content: bytes, named: Named | None = None) -> tuple[list[Stretch], list[tuple[int, int]]]:
    """What `decode` finds, with neighbours that look alike taken together; nothing is copied.

    Where `content` is a later part of a file, `named` is what its earlier parts named, and takes what this one does.
    """
    stretches: list[Stretch] = []
    damaged: list[tuple[int, int]] = []
    sound_until = 0
    framed = _framed(content)
    layouts = _layouts([header for _, _, _, header in framed], {} if named is None else named)
    for begin, end, size, header in framed:
        layout, length = layouts.get(id(header), _UNKNOWN)
        payload_at = FRAME.size + header.length
        if size - payload_at != length:
            continue
        if begin > sound_until:
            damaged.append((sound_until, begin))
        stretches.append(Stretch(header.start, header.rows, layout, begin, end, size, payload_at))
        sound_until = end
    if sound_until < len(content) and not _is_torn(content, sound_until):
        damaged.append((sound_until, len(content)))
    return stretches, damaged


@dataclass(frozen=True)
class _Header:
    length: int
    rows: int
    start: int
    number: int | None
    layout: Layout | None


def _layouts(headers: Iterable[_Header], named: Named) -> dict[int, tuple[Layout, int]]:
    """For each header, by its `id`, the columns and the length of the payload that they make, where they are known."""
    distinct = {id(header): header for header in headers}
    for header in distinct.values():
        if header.layout is not None:
            named.setdefault((header.start, header.number), set()).add(header.layout)
    found = {}
    for key, header in distinct.items():
        known = named.get((header.start, header.number), set()) if header.layout is None else {header.layout}
        if len(known) == 1:
            (layout,) = known
            found[key] = layout, header.rows * sum(int(dtype[2]) for _, dtype in layout)
    return found


def _framed(content: bytes) -> list[tuple[int, int, int, _Header]]:
    """`(begin, end, size, header)` of blocks whose checksum fits and whose header says what one must.

    Blocks of one size that follow each other with the same header are one entry.
    """
    found: list[tuple[int, int, int, _Header]] = []
    view, patience = memoryview(content), _PATIENCE * len(content)
    position = begin = end = size = 0
    last: _Header | None = None
    while (position := content.find(MAGIC, position)) >= 0:
        header, past = _header_at(view, position)
        if header is None:
            patience -= past - position
            position += 1
        else:
            if last is not None and (position != end or past - position != size or header is not last):
                found.append((begin, end, size, last))
                last = None
            begin = position if last is None else begin
            size, position, end, last = past - position, past, past, header
        if patience < 0:
            break
    return found if last is None else [*found, (begin, end, size, last)]


def _header_at(content: memoryview, position: int) -> tuple[_Header | None, int]:
    """The header of a sound block, and where it ends or how far one had to look to see that it is none."""
    body = position + FRAME.size
    if body > len(content):
        return None, position
    _, header_length, payload_length, checksum = FRAME.unpack_from(content, position)
    end = body + header_length + payload_length
    if end > len(content) or header_length > MOST_HEADER or payload_length > MOST_PAYLOAD:
        return None, position
    if zlib.crc32(content[body:end]) != checksum:
        return None, end
    header = bytes(content[body : body + header_length])
    # What is remembered is not to fill the memory.
    return (_parse_header if header_length <= _SMALL_HEADER else _parse_header.__wrapped__)(header), end


@lru_cache(maxsize=256)
def _parse_header(header: bytes) -> _Header | None:
    """Blocks of one run mostly share their header, so it is parsed once."""
    try:
        fields = parse_json(header)
        rows, start, number = fields["rows"], fields["start"], fields.get("layout")
        layout = tuple((name, dtype) for name, dtype in fields["columns"]) if "columns" in fields else None
        sound = layout is None or _is_sound(layout)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    counts = [rows, start] if layout is not None and number is None else [rows, start, number]
    sound = sound and all(type(count) is int and 0 <= count < 2**63 for count in counts)
    return _Header(len(header), rows, start, number, layout) if sound else None


def _is_sound(layout: Layout) -> bool:
    named = dict(layout)
    known = all(isinstance(name, str) and dtype in DTYPES for name, dtype in layout)
    return (
        known
        and len(named) == len(layout) <= MOST_COLUMNS
        and named.get("step") == "<i8"
        and named.get("time", "<f8") == "<f8"
    )


def _is_torn(content: bytes, position: int) -> bool:
    """Whether the file ends inside the block that begins here: then the rest may still come."""
    if content[position : position + len(MAGIC)] != MAGIC[: len(content) - position]:
        return False
    if position + FRAME.size > len(content):
        return True
    body = position + FRAME.size
    _, header_length, payload_length, checksum = FRAME.unpack_from(content, position)
    # Where the checksum fits what is there, the block is whole and its lengths are wrong.
    return bool(body + header_length + payload_length > len(content)) and zlib.crc32(content[body:]) != checksum
