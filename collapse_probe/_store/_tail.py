"""A file of blocks that grows: what has come since the last look, without reading the rest again."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import UnreadableRun
from ._files import MOST_BLOCKS, read_file
from ._scan import Named, scan
from ._tables import StoredRows, rows_in


class Tail:
    """The rows of one file, each of them once; a look at a file that has not grown costs one question to the disk."""

    def __init__(self, path: Path, columns: Sequence[str] = ()) -> None:
        """The rows have at least these columns."""
        self._path, self._columns = path, columns
        self._named: Named = {}
        self._read_until = 0
        self._seen: tuple[int, int] | None = None
        """Which file it is, and how long it was."""

    def read(self) -> StoredRows | None:
        """The rows of the blocks that have become whole since; None where there are none.

        Raises `UnreadableRun` where the file is none, or is not the one that it was: then all is to be read anew.
        """
        try:
            found = self._path.lstat()
        except OSError:
            return None  # it is not there yet, or its disk is away for a while
        before, self._seen = self._seen, (found.st_ino, found.st_size)
        if self._seen == before:
            return None
        if before is not None and (found.st_ino != before[0] or found.st_size < self._read_until):
            raise UnreadableRun(f"{self._path} is not the file that it was; read it from its beginning")
        try:
            content = read_file(self._path, most=MOST_BLOCKS, begin=self._read_until)
        except FileNotFoundError:
            return None
        stretches, _ = scan(content, self._named)
        if not stretches:
            return None
        self._read_until += stretches[-1].end
        rows = rows_in(content, stretches, columns=self._columns, file=self._path.name)
        return rows if len(rows.step) else None
