"""Files that grow: what is appended is there whole, or not at all."""

import os
from contextlib import suppress
from pathlib import Path

_BINARY = getattr(os, "O_BINARY", 0)  # on Windows a line end would grow otherwise


class AppendedFile:
    """A file that one process appends to, opened anew each time: its disk may come and go.

    What was cut short is taken back before anything follows. A file that goes away is not made anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._made = False
        self._torn_at: int | None = None

    def append(self, content: bytes) -> None:
        """Hand it to the operating system; an `OSError` where that fails, and then the same may be tried again."""
        file = self._open()
        try:
            self._take_back(file)
            self._torn_at = os.fstat(file).st_size
            _write(file, content)
        except OSError:
            with suppress(OSError):  # or it is done before the next attempt
                self._take_back(file)
            raise
        finally:
            # Some disks say only here that they are full: then it counts as torn.
            os.close(file)
        self._made, self._torn_at = True, None

    def synchronise(self) -> None:
        """Wait until it is on the disk itself."""
        file = self._open()
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | _BINARY | (0 if self._made else os.O_CREAT)
        return os.open(self._path, flags, 0o666)

    def _take_back(self, file: int) -> None:
        if self._torn_at is not None and os.fstat(file).st_size > self._torn_at:
            os.ftruncate(file, self._torn_at)


def _write(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]
