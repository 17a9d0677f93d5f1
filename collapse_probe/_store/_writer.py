"""The write side of a run folder: everything is appended or appears whole."""

import dataclasses
import errno
import os
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .._records import Event
from ..errors import InvalidArgument, UnreadableRun
from ._appending import AppendedFile
from ._blocks import Encoder
from ._events import line_break, to_line
from ._folder import cannot_be_written, open_folder
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
from ._outbox import Outbox
from ._runfile import RESERVED, read_run_file
from ._tensors import encode_tensors
from ._waiting import Job


class RunWriter:
    """Creates the folder of a run, or resumes in it; one writer for each rank, and no file is shared.

    Without an `outbox`, what is appended has reached the operating system when the call returns, and trouble raises;
    with one, it is handed over, to be written in the outbox's thread as soon as the disk can.
    """

    def __init__(self, path: Path, *, info: dict[str, Any], rank: int = 0, outbox: Outbox | None = None) -> None:
        """`info` joins run.json.

        Raises `InvalidArgument` where no run folder can be, `UnsupportedFormat` where a newer version wrote one.
        """
        self.path = Path(path)
        self.rank = rank
        self._outbox = outbox
        self._files: dict[Path, AppendedFile] = {}
        self._closed = False
        self._seen: tuple[int, int] | None = None
        _refuse_reserved(info)
        empty: dict[str, Any] = {"format": FORMAT, "starts": [], "ends": []}
        self._run = empty | open_folder(self.path, rank) | info
        gaps = self._run.pop("gaps", [])
        self._earlier_gaps: list[Any] = gaps if isinstance(gaps, list) else []
        self.start = len(self._run["starts"])
        self._encoders = self._new_encoders()
        self._own_start = self._new_start()
        try:
            self._run_written()()
        except OSError as error:
            raise InvalidArgument(cannot_be_written(self.path, error)) from error

    def start_anew(self) -> None:
        """Go on as a resumed run does: what is written from here replaces older rows of the same steps."""
        self.start = len(self._run["starts"])
        self._encoders = self._new_encoders()
        self._new_start()
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
        """`generated`, and what belongs to it: `embedding`, `labels`, `latents`; the bytes that it takes on disk.

        0 where the outbox has dropped it.
        """
        if "generated" not in tensors:
            raise InvalidArgument(
                f"a capture of {', '.join(tensors) or 'nothing'}; expected a tensor named 'generated'"
            )
        content = encode_tensors(tensors, {"step": step, "start": self.start})
        return self._put_file("captures", capture_file(self.path, step, self.rank), content)

    def capture_sizes(self) -> dict[int, int]:
        """What each stored capture takes on disk, in bytes, by step."""
        steps = stored_steps(captures_folder(self.path, self.rank))
        return {step: capture_file(self.path, step, self.rank).stat().st_size for step in steps}

    def remove_capture(self, step: int) -> None:
        """Delete a capture, to stay within a limit; but for sheets nothing else of a run is ever deleted."""
        self._remove("captures", capture_file(self.path, step, self.rank))

    def write_sheet(self, step: int, sheet: np.ndarray) -> int:
        """What the generator drew from fixed latents, (n, ...); the bytes that it takes on disk, 0 where dropped."""
        content = encode_tensors({"sheet": sheet}, {"step": step, "start": self.start})
        return self._put_file("sheets", sheet_file(self.path, step, self.rank), content)

    def sheet_sizes(self) -> dict[int, int]:
        """What each stored sheet takes on disk, in bytes, by step."""
        steps = stored_steps(sheets_folder(self.path, self.rank))
        return {step: sheet_file(self.path, step, self.rank).stat().st_size for step in steps}

    def remove_sheet(self, step: int) -> None:
        """Delete a sheet, to stay within a limit."""
        self._remove("sheets", sheet_file(self.path, step, self.rank))

    def write_reference(self, tensors: Mapping[str, np.ndarray], metadata: dict[str, Any]) -> None:
        """The real sample, `real`, the fitted state of the statistics, and what real data score."""
        content = encode_tensors(tensors, metadata)
        self._put(Job("reference", partial(replace_file, self.path / REFERENCE, content), len(content), "latest"))

    def append_event(self, event: Event, *, visible_at: int | None = None) -> None:
        """One line; writing the same event again later, with `visible_at`, completes it."""
        path = events_file(self.path, self.rank)
        line, file = to_line(event, start=self.start, visible_at=visible_at), self._file(path.name)
        self._put(Job("events", lambda: file.append(line_break(path) + line), len(line)))

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
        end = {"start": self.start, "time": time.time(), "how": how, "error": error}
        self._run["ends"].append(end if stopped_at is None else end | {"stopped_at": stopped_at})
        self._write_run(synchronised=True)

    def _append_block(self, stem: str, columns: Mapping[str, np.ndarray], *, needed: tuple[str, ...]) -> None:
        missing = [name for name in needed if name not in columns]
        if missing:
            raise InvalidArgument(f"no column {missing[0]!r} among {', '.join(columns) or 'none'}; each row needs it")
        if not len(columns["step"]):
            return
        steps, encoder, file = columns["step"], self._encoders[stem], self._file(f"{stem}.{self.rank}")

        def write() -> None:
            # A block may name its columns by those of an earlier one: so it is made when that has been written.
            try:
                file.append(encoder.encode(columns))
            except OSError:
                encoder.start_anew()
                raise

        size = sum(values.nbytes for values in columns.values())
        self._put(Job(stem, write, size, rows=len(steps), steps=(int(steps.min()), int(steps.max()))))

    def _file(self, name: str) -> AppendedFile:
        if self._closed:
            raise InvalidArgument(f"{self.path} is closed; open a new RunWriter on it to go on")
        return self._files.setdefault(self.path / name, AppendedFile(self.path / name))

    def _put_file(self, what: str, path: Path, content: bytes) -> int:
        def write() -> None:
            path.parent.mkdir(exist_ok=True)
            replace_file(path, content)

        return len(content) if self._put(Job(what, write, len(content), "none")) else 0

    def _remove(self, what: str, path: Path) -> None:
        self._put(Job(what, partial(path.unlink, missing_ok=True), rows=0))

    def _write_run(self, *, synchronised: bool = False) -> None:
        write = self._run_written()

        def all_written() -> None:
            try:
                for file in self._files.values():
                    file.synchronise()
            finally:
                write()

        self._put(Job("run", all_written if synchronised else write, keep="latest"), marks=True)

    def _run_written(self) -> Callable[[], None]:
        """Writes run.json as it is to be now, with the gaps that there are by then."""
        fields = {name: list(value) if isinstance(value, list) else value for name, value in self._run.items()}

        def write() -> None:
            gaps = self._earlier_gaps + ([] if self._outbox is None else self._outbox.gaps())
            content = to_json(fields | ({"gaps": gaps} if gaps else {}), indent=1).encode()
            replace_file(run_file(self.path, self.rank), content)
            self._seen = _identity(run_file(self.path, self.rank))

        return write

    def _put(self, job: Job, *, marks: bool = False) -> bool:
        job = dataclasses.replace(job, write=partial(self._if_ours, job.write))
        if self._outbox is not None:
            return self._outbox.put(job, marks=marks)
        job.write()
        return True

    def _if_ours(self, write: Callable[[], object]) -> None:
        """A folder that went away is not made anew, and one that another run has taken since is left alone."""
        path = run_file(self.path, self.rank)
        try:
            seen = _identity(path)
            if seen != self._seen and self._own_start not in read_run_file(self.path, self.rank)["starts"]:
                raise FileNotFoundError
            self._seen = seen
        except (FileNotFoundError, UnreadableRun):
            raise FileNotFoundError(errno.ENOENT, "the run folder went away", str(self.path)) from None
        write()

    def _new_encoders(self) -> dict[str, Encoder]:
        return {stem: Encoder(start=self.start) for stem in ("steps", "statistics")}

    def _new_start(self) -> dict[str, Any]:
        start = {"time": time.time(), "pid": os.getpid(), "host": socket.gethostname()}
        self._run["starts"].append(start)
        return start


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _refuse_reserved(info: Mapping[str, Any]) -> None:
    taken = sorted(RESERVED & set(info))
    if taken:
        raise InvalidArgument(f"info has a field {taken[0]!r}, which the run folder keeps for itself; use another name")
