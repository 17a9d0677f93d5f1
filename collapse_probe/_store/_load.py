"""Finding and opening runs."""

import difflib
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

from ..errors import CollapseProbeError, CollapseProbeWarning, RunNotFound, UnreadableRun
from ._layout import run_file
from ._run import Run

EXPECTED = "expected a run folder, which holds a run.json"


def load(path: str | os.PathLike[str]) -> Run:
    """One run folder, to be read: live, torn or finished.

    Raises `RunNotFound` where there is none, `UnreadableRun` where it cannot be read and `UnsupportedFormat` where a
    newer version wrote it.
    """
    folder = Path(path)
    if os.path.lexists(run_file(folder)):
        return Run(folder)
    if folder.is_dir() and not _shallow(folder):
        raise UnreadableRun(f"{folder} is {_what_is_there(folder)}; {EXPECTED}")
    raise RunNotFound(f"no run at {folder}: {_what_is_there(folder)}; {EXPECTED}{_near(folder)}")


def find_runs(folder: str | os.PathLike[str]) -> tuple[list[Run], list[CollapseProbeError]]:
    """All runs in a folder and its subfolders by path, and the errors of those that cannot be read.

    The folder may itself be a run. Raises `RunNotFound` if there is not even one that cannot be read.
    """
    root = Path(folder)
    runs: list[Run] = []
    errors: list[CollapseProbeError] = []
    for path in sorted(run_folders(root)):
        try:
            runs.append(load(path))
        except CollapseProbeError as error:
            errors.append(error)
    if not runs and not errors:
        raise RunNotFound(f"no run in {root}: {_what_is_there(root)}; {EXPECTED}{_near(root)}")
    return runs, errors


def load_runs(folder: str | os.PathLike[str]) -> list[Run]:
    """All runs in a folder and its subfolders, by path; the folder may itself be a run.

    One that cannot be read gives a `CollapseProbeWarning`. Raises `RunNotFound` if none can be read.
    """
    runs, errors = find_runs(folder)
    for error in errors:
        warnings.warn(str(error), CollapseProbeWarning, stacklevel=2)
    if not runs:
        raise RunNotFound(f"no run in {folder} can be read: {errors[0]}")
    return runs


def run_folders(root: Path) -> Iterator[Path]:
    """Folders with a run.json, or with step blocks and none, in path order; never looks inside one.

    A link to such a folder elsewhere counts, and no other link is followed.
    """
    for name, folders, files in os.walk(root):
        folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
        if {"run.json", "steps.0"} & {*files, *folders}:
            folders.clear()
            yield Path(name)
        for linked in (Path(name, folder) for folder in folders if Path(name, folder).is_symlink()):
            if os.path.lexists(linked / "run.json") and not linked.resolve().is_relative_to(root.resolve()):
                yield linked


def _what_is_there(path: Path) -> str:
    if path.is_file():
        return "a file"
    if path.is_dir():
        try:
            return "a folder without run.json" if any(path.iterdir()) else "an empty folder"
        except OSError as error:
            return f"a folder that cannot be read ({error.strerror})"
    return "nothing is there"


def _near(path: Path, most: int = 3) -> str:
    """The run folders nearest to a path that is none, for the end of a message."""
    above = next((parent for parent in (path, *path.parents) if parent.is_dir()), None)
    if above is None or above == Path(above.anchor):
        return ""
    near = difflib.get_close_matches(str(path), [str(found) for found in _shallow(above)], n=most, cutoff=0.0)
    return f"; the nearest runs are {', '.join(near)}" if near else ""


def _shallow(above: Path) -> list[Path]:
    """Run folders at most two levels down: a mistyped path must not walk a whole disk."""
    return sorted(found.parent for pattern in ("*/run.json", "*/*/run.json") for found in above.glob(pattern))
