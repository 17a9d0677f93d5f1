"""Files that grow: what is appended is there whole, or not at all."""

import os
from collections.abc import Callable
from pathlib import Path

_BINARY = getattr(os, "O_BINARY", 0)  # on Windows a line end would grow otherwise


class AppendedFile:
    """A file that one process appends to, opened anew each time: its disk may come and go.

    What was cut short is taken back before anything follows. A file that went away after the first append is not made
    anew; one that is another than before is asked for with `still_ours`, which raises where it is not.
    """

    def __init__(self, path: Path, still_ours: Callable[[], None]) -> None:
        self._path = path
        self._still_ours = still_ours
        self._identity: tuple[int, int] | None = None
        self._torn_at: int | None = None

    def append(self, content: bytes) -> None:
        """Hand it to the operating system; an `OSError` where that fails, and then the same may be tried again."""
        file = self._open()
        try:
            status = os.fstat(file)
            if self._identity not in (None, (status.st_dev, status.st_ino)):
                self._still_ours()
            self._identity = (status.st_dev, status.st_ino)
            size = status.st_size
            if self._torn_at is not None and size > self._torn_at:
                os.ftruncate(file, self._torn_at)
                size = self._torn_at
            self._torn_at = size
            _write(file, content)
        except OSError:
            self._take_back(file)
            raise
        finally:
            # Some disks say only here that they are full: then it is torn for all that is known.
            os.close(file)
        self._torn_at = None

    def synchronise(self) -> None:
        """Wait until it is on the disk itself."""
        file = self._open()
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def _open(self) -> int:
        made = os.O_CREAT if self._identity is None else 0
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | _BINARY | made, 0o666)

    def _take_back(self, file: int) -> None:
        try:
            if self._torn_at is not None:
                os.ftruncate(file, self._torn_at)
                self._torn_at = None
        except OSError:
            return  # before the next append it is tried again


def _write(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]
