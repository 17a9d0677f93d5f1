"""Names of the files of a run folder, and how a small file is replaced whole."""

import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ._files import is_link

FORMAT = 1
REFERENCE = "reference.safetensors"
_STEP = re.compile(r"([0-9]{9}|[1-9][0-9]{9,17})\.safetensors")
_RANK = re.compile(r"[0-9]{1,6}")


def run_file(folder: Path, rank: int = 0) -> Path:
    """`run.json`; the other ranks of a distributed run keep their own, so that no two processes share a file."""
    return folder / ("run.json" if rank == 0 else f"run.{rank}.json")


def captures_folder(folder: Path, rank: int = 0) -> Path:
    """Where the generated batches lie."""
    return folder / ("captures" if rank == 0 else f"captures.{rank}")


def capture_file(folder: Path, step: int, rank: int = 0) -> Path:
    """The capture of one step; nine digits, so that names sort as steps do."""
    return captures_folder(folder, rank) / f"{step:09d}.safetensors"


def sheets_folder(folder: Path, rank: int = 0) -> Path:
    """Where the sheets of fixed latents lie."""
    return folder / ("sheets" if rank == 0 else f"sheets.{rank}")


def sheet_file(folder: Path, step: int, rank: int = 0) -> Path:
    """The sheet of one step, named as a capture is."""
    return sheets_folder(folder, rank) / f"{step:09d}.safetensors"


def stored_steps(folder: Path) -> list[int]:
    """The steps that have a file in a folder of captures or sheets, in order; none where that folder is a link."""
    if is_link(folder) or not folder.is_dir():
        return []
    return sorted(int(found[1]) for path in folder.iterdir() if (found := _STEP.fullmatch(path.name)))


def stored_ranks(folder: Path, stem: str) -> list[int]:
    """The ranks that have a file `<stem>.<rank>`, in order."""
    suffixes = (path.name.removeprefix(f"{stem}.") for path in folder.glob(f"{stem}.*"))
    return sorted(int(suffix) for suffix in suffixes if _RANK.fullmatch(suffix) and suffix == str(int(suffix)))


def events_file(folder: Path, rank: int = 0) -> Path:
    """The events, one JSON object a line."""
    return folder / ("events.jsonl" if rank == 0 else f"events.{rank}.jsonl")


def replace_file(path: Path, content: bytes) -> None:
    """Write beside `path`, then rename: a reader sees the old file or the new one, never half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # What lies under that name, left by a killed process or laid there as a link, is not written through.
        temporary.unlink(missing_ok=True)
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def to_json(value: object, *, indent: int | None = None) -> str:
    """Strict JSON: NaN and infinities become the strings that `float()` reads, unknown objects their `str`."""
    return json.dumps(_plain(value), indent=indent, allow_nan=False, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, str):
        return _encodable(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {_encodable(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return _encodable(str(value))


def _encodable(text: str) -> str:
    """Names of files need not be valid Unicode; what is in a file of text has to be."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()
