"""The write side of a run folder: everything is appended or appears whole."""

import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .._records import Event
from ..errors import InvalidArgument
from ._blocks import Encoder
from ._events import line_break, to_line
from ._files import is_link
from ._layout import (
    FORMAT,
    REFERENCE,
    capture_file,
    captures_folder,
    events_file,
    replace_file,
    run_file,
    sheet_file,
    sheets_folder,
    stored_steps,
    to_json,
)
from ._runfile import RESERVED, read_run_file
from ._tensors import write_tensors


class RunWriter:
    """Creates the folder of a run, or resumes in it; one writer for each rank, and no file is shared.

    What is appended has reached the operating system when the call returns, so it survives the death of the process.
    """

    def __init__(self, path: Path, *, info: dict[str, Any], rank: int = 0) -> None:
        """`info` joins run.json.

        Raises `InvalidArgument` where no run folder can be, `UnsupportedFormat` where a newer version wrote one.
        """
        self.path = Path(path)
        self.rank = rank
        self._appended: set[Path] = set()
        self._closed = False
        _refuse_reserved(info)
        empty: dict[str, Any] = {"format": FORMAT, "starts": [], "ends": []}
        self._run = empty | _open_folder(self.path, rank) | info
        self.start = len(self._run["starts"])
        self._encoders = {stem: Encoder(start=self.start) for stem in ("steps", "statistics")}
        self._run["starts"].append({"time": time.time(), "pid": os.getpid(), "host": socket.gethostname()})
        self._write_run()

    @property
    def info(self) -> dict[str, Any]:
        """What run.json says now."""
        return dict(self._run)

    def append_steps(self, columns: Mapping[str, np.ndarray]) -> None:
        """One block of steps, one row each; `step` and `time` are needed, the others are free."""
        self._append_block("steps", columns, needed=("step", "time"))

    def append_statistics(self, columns: Mapping[str, np.ndarray]) -> None:
        """One block of statistics, one row for each capture; `step` is needed."""
        self._append_block("statistics", columns, needed=("step",))

    def write_capture(self, step: int, tensors: Mapping[str, np.ndarray]) -> int:
        """`generated`, and what belongs to it: `embedding`, `labels`, `latents`; the bytes that it takes on disk."""
        if "generated" not in tensors:
            raise InvalidArgument(
                f"a capture of {', '.join(tensors) or 'nothing'}; expected a tensor named 'generated'"
            )
        file = capture_file(self.path, step, self.rank)
        file.parent.mkdir(exist_ok=True)
        write_tensors(file, tensors, {"step": step, "start": self.start})
        return file.stat().st_size

    def capture_sizes(self) -> dict[int, int]:
        """What each stored capture takes on disk, in bytes, by step."""
        steps = stored_steps(captures_folder(self.path, self.rank))
        return {step: capture_file(self.path, step, self.rank).stat().st_size for step in steps}

    def remove_capture(self, step: int) -> None:
        """Delete a capture, to stay within a limit; but for sheets nothing else of a run is ever deleted."""
        capture_file(self.path, step, self.rank).unlink(missing_ok=True)

    def write_sheet(self, step: int, sheet: np.ndarray) -> int:
        """What the generator drew from fixed latents, (n, ...); the bytes that it takes on disk."""
        file = sheet_file(self.path, step, self.rank)
        file.parent.mkdir(exist_ok=True)
        write_tensors(file, {"sheet": sheet}, {"step": step, "start": self.start})
        return file.stat().st_size

    def sheet_sizes(self) -> dict[int, int]:
        """What each stored sheet takes on disk, in bytes, by step."""
        steps = stored_steps(sheets_folder(self.path, self.rank))
        return {step: sheet_file(self.path, step, self.rank).stat().st_size for step in steps}

    def remove_sheet(self, step: int) -> None:
        """Delete a sheet, to stay within a limit."""
        sheet_file(self.path, step, self.rank).unlink(missing_ok=True)

    def write_reference(self, tensors: Mapping[str, np.ndarray], metadata: dict[str, Any]) -> None:
        """The real sample, `real`, the fitted state of the statistics, and what real data score."""
        write_tensors(self.path / REFERENCE, tensors, metadata)

    def append_event(self, event: Event, *, visible_at: int | None = None) -> None:
        """One line; writing the same event again later, with `visible_at`, completes it."""
        file = events_file(self.path, self.rank)
        self._append(file, line_break(file) + to_line(event, start=self.start, visible_at=visible_at))

    def update_info(self, **fields: Any) -> None:
        """Sets fields of run.json."""
        _refuse_reserved(fields)
        self._run |= fields
        self._write_run()

    def close(self, *, how: str, error: str | None = None, stopped_at: int | None = None) -> None:
        """Records how this start ended, and after how many steps all ranks stopped; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        try:
            for path in self._appended:
                with path.open("ab") as stream:
                    os.fsync(stream.fileno())
        finally:
            end = {"start": self.start, "time": time.time(), "how": how, "error": error}
            self._run["ends"].append(end if stopped_at is None else end | {"stopped_at": stopped_at})
            self._write_run()

    def _append_block(self, stem: str, columns: Mapping[str, np.ndarray], *, needed: tuple[str, ...]) -> None:
        missing = [name for name in needed if name not in columns]
        if missing:
            raise InvalidArgument(f"no column {missing[0]!r} among {', '.join(columns) or 'none'}; each row needs it")
        if len(columns["step"]):
            encoder = self._encoders[stem]
            try:
                self._append(self.path / f"{stem}.{self.rank}", encoder.encode(columns))
            except OSError:
                encoder.start_anew()
                raise

    def _append(self, path: Path, content: bytes) -> None:
        if self._closed:
            raise InvalidArgument(f"{self.path} is closed; open a new RunWriter on it to go on")
        self._appended.add(path)
        with path.open("ab") as stream:
            stream.write(content)

    def _write_run(self) -> None:
        replace_file(run_file(self.path, self.rank), to_json(self._run, indent=1).encode())


def _refuse_reserved(info: Mapping[str, Any]) -> None:
    taken = sorted(RESERVED & set(info))
    if taken:
        raise InvalidArgument(f"info has a field {taken[0]!r}, which the run folder keeps for itself; use another name")


def _open_folder(path: Path, rank: int) -> dict[str, Any]:
    """What run.json of this rank says so far; the folder is created if need be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InvalidArgument(
            f"{path} cannot be a run folder: {error.filename} is a file; take another path"
        ) from error
    except OSError as error:
        raise InvalidArgument(f"{path} cannot be made ({error.strerror}); take another path") from error
    if not os.access(path, os.W_OK):
        raise InvalidArgument(f"nothing can be written in {path}; take another path, or change its permissions")
    linked = sorted(item.name for item in path.iterdir() if is_link(item))
    if linked:
        raise InvalidArgument(
            f"{path} holds a link, {linked[0]!r}, and through links nothing is written; take another path, or remove it"
        )
    if run_file(path, rank).exists():
        return read_run_file(path, rank)
    # Another rank's run.json may be on its way, under its temporary name.
    others = [item.name for item in path.iterdir() if not (item.name.startswith(".") and item.suffix == ".tmp")]
    if others and not any(name.startswith("run.") and name.endswith(".json") for name in others):
        raise InvalidArgument(
            f"{path} holds {sorted(others)[0]!r} and no run.json, so it is no run folder; choose an empty or a new one"
        )
    return {}
