"""Every file of a run looked at, and the run as a whole."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .._store import (
    Part,
    Run,
    leftovers,
    part_files,
    read_part,
    read_run_file,
    run_file,
    stored_ranks,
)
from ..errors import UnreadableRun, UnsupportedFormat
from ._diagnosis import Diagnosis

MOST_GAPS = 5
SALVAGE = "What is sound can be saved with --repair"
REBUILD = "Restore it, or rebuild it from the other files with --repair"
_LIVELY = 60.0


def examine(folder: Path, *, on_file: Callable[[Path], object] = lambda path: None) -> Diagnosis:
    """Reads every file of a run whole; `on_file` is called before each."""
    found, name = Diagnosis(str(folder)), run_file(folder).name
    info = None
    try:
        info = read_run_file(folder)
        found.bytes_on_disk["other"] = run_file(folder).stat().st_size
    except UnsupportedFormat:
        advice = "Nothing is wrong with it: pip install --upgrade collapse_probe"
        found.damage(name, "it was written by a newer version of collapse_probe", advice=advice)
        return found
    except UnreadableRun as error:
        found.damage(name, str(error), advice=REBUILD)
    starts: dict[int, float] = {}
    for path in part_files(folder):
        on_file(path)
        part = read_part(folder, path)
        _tell(found, folder, part)
        if path.name.endswith(".0"):
            starts |= part.starts
    for path in leftovers(folder):
        found.note(_named(folder, path), "it was on its way when a process was killed", advice="It may be removed")
    if info is not None:
        _starts_and_ends(found, folder, info, starts)
        _ranks(found, folder, info)
        run = Run(folder)
        _steps(found, run)
        found.thinned = {kind: count for kind, count in run.thinned.items() if count}
        for kind, count in found.thinned.items():
            found.note("", f"{count:,} {kind} were given up to stay within disk_limit; steps and statistics are whole")
    return found


def _tell(found: Diagnosis, folder: Path, part: Part) -> None:
    where = _named(folder, part.path)
    kind = part.path.parent.name if part.path.parent != folder else part.path.name.partition(".")[0]
    found.bytes_on_disk[kind] = found.bytes_on_disk.get(kind, 0) + part.size
    found.captures += kind == "captures" and not part.wrong
    found.sheets += kind == "sheets" and not part.wrong
    for byte, what in part.wrong:
        found.damage(where, what, byte=byte, advice=SALVAGE)
    if part.torn is not None:
        left = part.size - part.torn
        what = f"the last {left:,} bytes are not there in full: they are being written, or a stop cut them off"
        found.note(where, what, byte=part.torn, advice="What precedes them is read")


def _starts_and_ends(found: Diagnosis, folder: Path, info: dict[str, Any], starts: dict[int, float]) -> None:
    known, name = len(info["starts"]), run_file(folder).name
    ended = {end["start"] for end in info["ends"]}
    unknown = sorted(start for start in starts if start >= known)
    if unknown:
        found.damage(name, f"it knows {known} starts, and there are blocks of start {unknown[0]}", advice=REBUILD)
    for start in sorted(ended - set(range(known))):
        found.note(name, f"it tells how start {start} ended, and knows {known} starts")
    open_starts = [start for start in range(known) if start not in ended]
    for start in open_starts[-MOST_GAPS:]:
        age = time.time() - max((path.lstat().st_mtime for path in folder.glob("steps.*")), default=0.0)
        if start == known - 1 and age < _LIVELY:
            found.note(name, f"start {start} has no end on record: it goes on, its last steps came {age:.0f} s ago")
        else:
            found.note(name, f"start {start} has no end on record: it was killed, or its machine was")


def _ranks(found: Diagnosis, folder: Path, info: dict[str, Any]) -> None:
    size = info.get("world_size", 1)
    there = set(stored_ranks(folder, "steps"))
    if not isinstance(size, int) or not 0 < size <= 10**6:
        return
    missing = [rank for rank in range(size) if rank not in there]
    if missing and there:
        said = ", ".join(map(str, missing[:10])) + (", ..." if len(missing) > 10 else "")
        found.note("", f"{len(missing)} of {size} ranks left no steps: {said}", advice="They came late, or died early")
    for rank in sorted(there - {0}):
        try:
            read_run_file(folder, rank)
        except UnreadableRun as error:
            found.damage(run_file(folder, rank).name, str(error), advice=REBUILD)


def _steps(found: Diagnosis, run: Run) -> None:
    steps = run.steps.index.to_numpy()
    found.steps = len(steps)
    # As doubles: between the two ends of their type there are more than it can count.
    gaps = np.flatnonzero(np.diff(steps.astype(np.float64)) > 1)
    for place in gaps[:MOST_GAPS]:
        first, last = int(steps[place]) + 1, int(steps[place + 1]) - 1
        found.note("", f"steps {first:,} to {last:,} are missing" if first < last else f"step {first:,} is missing")
    if len(gaps) > MOST_GAPS:
        found.note("", f"and {len(gaps) - MOST_GAPS:,} more gaps in the steps")


def _named(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()
