"""The files of a run one by one: what of each is sound, byte for byte, and what is wrong with the rest."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import UnreadableRun
from ._blocks import Block, decode
from ._events import from_line
from ._files import MOST_BLOCKS, MOST_EVENTS, MOST_TENSORS, is_link, read_file
from ._layout import (
    REFERENCE,
    capture_file,
    captures_folder,
    events_file,
    sheet_file,
    sheets_folder,
    stored_ranks,
    stored_steps,
)
from ._scan import FRAME
from ._tensors import read_tensors


@dataclass
class Part:
    """One file, or a folder that is none."""

    path: Path
    sound: bytes = b""
    """What can be read, as it stands in the file."""
    size: int = 0
    wrong: list[tuple[int | None, str]] = field(default_factory=list)
    """The byte where it begins, where it has one, and what it is."""
    torn: int | None = None
    """Where an append begins that is not there in full: still on its way, or cut off by a stop."""
    starts: dict[int, float] = field(default_factory=dict)
    """For each start of the run that wrote here, the time of its first row; NaN where rows have none."""


def part_files(folder: Path) -> list[Path]:
    """All files of a run but those named run.json, in the order in which `read_part` is to see them."""
    ranks = [folder / f"{stem}.{rank}" for stem in ("steps", "statistics") for rank in stored_ranks(folder, stem)]
    single = [path for path in (events_file(folder), folder / REFERENCE) if path.exists() or is_link(path)]
    captures, sheets = captures_folder(folder), sheets_folder(folder)
    odd = [path for path in (captures, sheets) if is_link(path) or (path.exists() and not path.is_dir())]
    pictures = [capture_file(folder, step) for step in stored_steps(captures)]
    return [*ranks, *single, *odd, *pictures, *(sheet_file(folder, step) for step in stored_steps(sheets))]


def read_part(folder: Path, path: Path) -> Part:
    """One of `part_files`, read whole."""
    try:
        if path.name.startswith(("steps.", "statistics.")):
            return _blocks(path)
        if path == events_file(folder):
            return _events(path)
        if path.suffix != ".safetensors":
            raise UnreadableRun(f"{path} is no folder; links inside a run folder are not followed")
        needed = {REFERENCE: "real"}.get(path.name, "sheet" if path.parent == sheets_folder(folder) else "generated")
        read_tensors(path, needed)
        content = read_file(path, most=MOST_TENSORS)
        return Part(path, content, len(content))
    except FileNotFoundError:
        return Part(path)
    except UnreadableRun as error:
        return Part(path, size=_size(path), wrong=[(None, str(error))])


def _blocks(path: Path) -> Part:
    content = read_file(path, most=MOST_BLOCKS)
    found, damaged = decode(content)
    behind = dict(damaged)
    sound, position = [], 0
    for _ in found:
        position = behind.get(position, position)
        _, header, payload, _ = FRAME.unpack_from(content, position)
        sound.append(content[position : position + FRAME.size + header + payload])
        position += len(sound[-1])
    torn = position if position < len(content) and position not in behind else None
    wrong: list[tuple[int | None, str]] = [
        (begin, f"{end - begin:,} bytes are not a whole block: damaged, or cut off by a stop before the run went on")
        for begin, end in damaged
    ]
    return Part(path, b"".join(sound), len(content), wrong, torn, _starts(found))


def _starts(blocks: list[Block]) -> dict[int, float]:
    found: dict[int, float] = {}
    for block in blocks:
        times = block.columns.get("time", np.empty(0))
        found.setdefault(block.start, float(times[0]) if len(times) else np.nan)
    return found


def _events(path: Path) -> Part:
    content = read_file(path, most=MOST_EVENTS)
    part = Part(path, size=len(content))
    sound, position = [], 0
    for line in content.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            part.torn = position
        elif from_line(line) is not None:
            sound.append(line)
        elif line.strip():
            part.wrong.append((position, "this line is not an event"))
        position += len(line)
    part.sound = b"".join(sound)
    return part


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def leftovers(folder: Path) -> Iterator[Path]:
    """Files that were on their way when a process was killed."""
    for place in (folder, captures_folder(folder), sheets_folder(folder)):
        if place.is_dir() and (place == folder or not is_link(place)):
            yield from sorted(place.glob(".*.tmp"))
