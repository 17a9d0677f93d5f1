"""Where the logs are, and what kind each is of."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import InvalidArgument, RunNotFound

Kind = Literal["tensorboard", "csv", "jsonl"]
_EVENTS = "tfevents"
_JSONL, _CSV = (".jsonl", ".ndjson"), (".csv", ".tsv")
_IN_FOLDERS = ("stats.jsonl", _EVENTS, "metrics.csv", "progress.csv", "log.csv", "history.csv")
"""What counts as the log of a folder, the first that is there."""
_GENERIC = frozenset({"stats", "metrics", "progress", "log", "history", "train", "training_log"})


@dataclass(frozen=True)
class Source:
    """One log, which becomes one run of that name."""

    kind: Kind
    name: str
    files: tuple[Path, ...]

    @property
    def path(self) -> Path:
        """The file, or the folder of the files."""
        return self.files[0] if len(self.files) == 1 else self.files[0].parent


def find_logs(paths: Sequence[Path]) -> list[Source]:
    """The logs in files and folders, each name once.

    Raises `RunNotFound` where a path holds none, `InvalidArgument` for a file of another kind.
    """
    found: list[Source] = []
    for path in paths:
        if path.is_dir():
            here = [log for folder in _folders(path) if (log := _of_folder(folder, path)) is not None]
            if not here:
                raise RunNotFound(
                    f"no log in {path}; expected event files of TensorBoard, {', '.join(_IN_FOLDERS[2:])}"
                )
            found += here
        elif path.is_file():
            found.append(Source(_kind(path), _name_of(path), (path,)))
        else:
            raise RunNotFound(f"no log at {path}: {'no plain file' if os.path.lexists(path) else 'nothing is there'}")
    return _each_once(found)


def _folders(root: Path) -> list[Path]:
    return sorted(Path(name) for name, _, _ in os.walk(root))


def _of_folder(folder: Path, root: Path) -> Source | None:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    parts = folder.relative_to(root).parts
    name = "-".join(parts) if parts else root.resolve().name or "log"
    for wanted in _IN_FOLDERS:
        chosen = [path for path in files if path.name == wanted or (wanted == _EVENTS and _EVENTS in path.name)]
        if chosen:
            return Source(_kind(chosen[0]), name, tuple(chosen))
    return None


def _kind(path: Path) -> Kind:
    if _EVENTS in path.name:
        return "tensorboard"
    suffix = path.suffix.lower()
    if suffix in _JSONL or suffix in _CSV:
        return "jsonl" if suffix in _JSONL else "csv"
    raise InvalidArgument(
        f"{path} is none of the logs that are known: an event file of TensorBoard (its name holds {_EVENTS!r}), "
        f"{', '.join(_CSV + _JSONL)}; rename it if it is one"
    )


def _name_of(path: Path) -> str:
    stem = path.resolve().parent.name if path.stem.lower() in _GENERIC or _EVENTS in path.name else path.stem
    return stem or "log"


def _each_once(found: Sequence[Source]) -> list[Source]:
    taken: dict[str, int] = {}
    named = []
    for log in found:
        taken[log.name] = number = taken.get(log.name, 0) + 1
        named.append(log if number == 1 else Source(log.kind, f"{log.name}-{number}", log.files))
    return named
