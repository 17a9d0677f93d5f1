"""Opening the files of a run folder, which anybody may have made: plain files of a bearable size, and no links."""

import errno
import os
import stat
from pathlib import Path

from ..errors import UnreadableRun

MOST_JSON, MOST_EVENTS, MOST_TENSORS, MOST_BLOCKS = 2**26, 2**28, 2**32, 2**33
"""Bytes that are read of each kind of file; the writer stays far below."""
_HOLES_FROM, _HOLES_SHARE = 2**26, 64


def read_file(path: Path, *, most: int, begin: int = 0) -> bytes:
    """The content from a byte on; `FileNotFoundError` where nothing is there, `UnreadableRun` for no file of a run."""
    # A pipe would keep us waiting for ever, and a device never end.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        check_file(path, most=most)
        with os.fdopen(os.open(path, flags), "rb") as stream:
            _check(path, os.fstat(stream.fileno()), most)
            stream.seek(begin)
            return stream.read(most)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno == errno.ENOTDIR:
            raise FileNotFoundError(error.errno, error.strerror, str(path)) from error
        raise UnreadableRun(f"{path} cannot be read ({error.strerror})") from error


def check_file(path: Path, *, most: int) -> None:
    """Raises as `read_file` does, without reading."""
    try:
        _check(path, path.lstat(), most)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableRun(f"{path} cannot be read ({error.strerror})") from error


def is_link(path: Path) -> bool:
    """Whether a file or folder of the run is a link; the run folder itself may be one."""
    return path.is_symlink() or (hasattr(path, "is_junction") and path.is_junction())


def _check(path: Path, found: os.stat_result, most: int) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise UnreadableRun(
            f"{path} is a link, and links inside a run folder are not followed; put the file itself there"
        )
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableRun(f"{path} is no file; expected one, so remove it")
    if found.st_size > most:
        raise UnreadableRun(f"{path} has {found.st_size:,} bytes; at most {most:,} are read")
    on_disk = getattr(found, "st_blocks", found.st_size) * 512
    if found.st_size >= _HOLES_FROM and on_disk < found.st_size / _HOLES_SHARE:
        raise UnreadableRun(
            f"{path} has {found.st_size:,} bytes, and hardly any of them on disk; it is nothing but holes"
        )
