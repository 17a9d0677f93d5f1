"""A folder that a run is to be written to."""

import os
import re
from pathlib import Path
from typing import Any

from ..errors import InvalidArgument
from ._files import is_link
from ._layout import run_file
from ._runfile import read_run_file


def open_folder(path: Path, rank: int) -> dict[str, Any]:
    """What run.json of this rank says so far; the folder is created if need be.

    Raises `InvalidArgument` where no run folder can be, `UnsupportedFormat` where a newer version wrote one.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InvalidArgument(
            f"{path} cannot be a run folder: {error.filename} is a file; take another path"
        ) from error
    except OSError as error:
        raise InvalidArgument(cannot_be_written(path, error)) from error
    if not os.access(path, os.W_OK):
        raise InvalidArgument(f"nothing can be written in {path}; take another path, or change its permissions")
    if linked := sorted(item.name for item in path.iterdir() if is_link(item)):
        raise InvalidArgument(
            f"{path} holds a link, {linked[0]!r}, and through links nothing is written; take another path, or remove it"
        )
    if run_file(path, rank).exists():
        return read_run_file(path, rank)
    others = [item.name for item in path.iterdir() if not _is_beginning(item)]
    if others and not any(name.startswith("run.") and name.endswith(".json") for name in others):
        raise InvalidArgument(
            f"{path} holds {sorted(others)[0]!r} and no run.json, so it is no run folder; choose an empty or a new one"
        )
    return {}


def _is_beginning(item: Path) -> bool:
    """Whether somebody else may be making a run here right now: its run.json has not got its name yet."""
    try:
        begun = re.fullmatch(r"steps\.\d+", item.name) is not None and item.stat().st_size == 0
    except OSError:
        return True
    return begun or (item.name.startswith(".") and item.suffix == ".tmp")


def cannot_be_written(path: Path, error: OSError) -> str:
    """Why a run cannot begin in a folder, and what to do."""
    return (
        f"the run folder {path} cannot be written ({error.strerror or error}); take another path, or make room or "
        "change permissions there"
    )
