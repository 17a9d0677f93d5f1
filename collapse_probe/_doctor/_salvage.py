"""A new run folder with everything that is sound in another: blocks and lines byte for byte."""

import math
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .._store import (
    FORMAT,
    part_files,
    read_part,
    read_run_file,
    replace_file,
    run_file,
    stored_ranks,
    to_json,
)
from ..errors import InvalidArgument, UnreadableRun, UnsupportedFormat
from ._diagnosis import Diagnosis

MOST_STARTS = 10_000


def salvage(
    folder: Path, destination: Path, diagnosis: Diagnosis, *, on_file: Callable[[Path], object] = lambda path: None
) -> None:
    """Writes the sound parts of a run to `destination`, where nothing may be yet; the run itself stays as it is.

    Damaged stretches and torn ends are left out, run.json is rebuilt where it is lost, and `salvaged` in it says so.
    Raises `InvalidArgument` where something is there, `UnsupportedFormat` for a run of a newer version.
    """
    if os.path.lexists(destination):
        raise InvalidArgument(f"{destination} exists; a repair goes into a new folder: name one that is not there")
    if destination.resolve().is_relative_to(folder.resolve()):
        raise InvalidArgument(f"{destination} is inside {folder}, which is to stay as it is; name a folder elsewhere")
    destination.parent.mkdir(parents=True, exist_ok=True)
    temporary = destination.with_name(f".{destination.name}.{os.getpid()}.tmp")
    temporary.mkdir()
    try:
        _fill(temporary, folder, diagnosis, on_file)
        temporary.rename(destination)
    except BaseException:
        shutil.rmtree(temporary)
        raise


def _fill(into: Path, folder: Path, diagnosis: Diagnosis, on_file: Callable[[Path], object]) -> None:
    starts: dict[int, dict[int, float]] = {0: {}}
    for path in part_files(folder):
        on_file(path)
        part = read_part(folder, path)
        if part.sound:
            copy = into / path.relative_to(folder)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(part.sound)
        for start, when in part.starts.items():
            known = starts.setdefault(int(path.suffix[1:]), {})
            known[start] = float(np.fmin(known.get(start, math.nan), when))
    said = {"time": time.time(), "from": str(folder), "left_out": [str(f) for f in diagnosis.findings]}
    for rank in sorted({*starts, *stored_ranks(into, "steps")}):
        info = _run_json(folder, rank, starts.get(rank, {}))
        replace_file(run_file(into, rank), to_json(info | {"salvaged": said}, indent=1).encode())


def _run_json(folder: Path, rank: int, starts: dict[int, float]) -> dict[str, Any]:
    """As it stands, with all starts that left blocks; from those alone where it is lost."""
    try:
        info = read_run_file(folder, rank)
    except UnsupportedFormat:
        raise
    except UnreadableRun:
        ranks = stored_ranks(folder, "steps")
        info = {"format": FORMAT, "starts": [], "ends": [], "world_size": max([*ranks, 0]) + 1}
    count = min(max(starts, default=-1) + 1, MOST_STARTS)
    for start in range(len(info["starts"]), count):
        when = starts.get(start, math.nan)
        info["starts"].append({"rebuilt": True} | ({"time": when} if math.isfinite(when) else {}))
    return info
