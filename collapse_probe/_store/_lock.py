"""One writer for each rank of a run: a lock that dies with its process."""

import errno
import itertools
import json
import os
import socket
import sys
import time
import weakref
from pathlib import Path
from typing import Any

from ..errors import InvalidArgument, RunInUse
from ._folder import cannot_be_written
from ._layout import run_file

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_BEYOND = 2**30
"""Windows keeps readers out of what is locked: a byte that no reader asks for."""
_held: "weakref.WeakKeyDictionary[RunLock, Path]" = weakref.WeakKeyDictionary()


class RunLock:
    """Held on `steps.<rank>`, which is there as long as the run is, and is never replaced.

    The operating system lets go of it when the process dies, however it dies; a forked child does not share it. On a
    disk without locks, what run.json says of the last start decides: that is of use on one host only.
    """

    def __init__(self, folder: Path, rank: int) -> None:
        """Raises `RunInUse` where somebody has it, `OSError` where the file cannot be made."""
        path = folder.resolve() / f"steps.{rank}"
        # Open for reading alone, it does not keep anybody from mounting the disk read-only; some disks want more.
        for access in (os.O_RDONLY, os.O_RDWR):
            file = os.open(path, access | os.O_CREAT, 0o666)
            self._close = weakref.finalize(self, os.close, file)
            try:
                _lock(file)
                break
            except OSError as error:
                # Any other error means that this disk has no locks.
                if error.errno in TAKEN or path in _held.values() or _lives(_owner(folder, rank)):
                    self._close()
                    raise RunInUse(_words(folder, _owner(folder, rank))) from None
                if error.errno != errno.EBADF:
                    break
                self._close()
        _held[self] = path

    def release(self) -> None:
        """Let go of it; a second call does nothing."""
        _held.pop(self, None)
        self._close()


def lock_run(folder: Path, rank: int, *, sibling: bool) -> tuple[Path, RunLock]:
    """The folder, locked; where it is taken and a `sibling` will do, a new one beside it, `<folder>-2` or a later one.

    Raises `RunInUse`, or `InvalidArgument` where nothing can be written.
    """
    try:
        try:
            return folder, RunLock(folder, rank)
        except RunInUse:
            if not sibling:
                raise
        whole = folder if folder.name not in ("", "..") else folder.resolve()
        for number in itertools.count(2):
            beside = whole.with_name(f"{whole.name}-{number}")
            try:
                beside.mkdir()
            except FileExistsError:
                continue
            return beside, RunLock(beside, rank)
    except OSError as error:
        raise InvalidArgument(cannot_be_written(folder, error)) from error
    raise AssertionError("there is always another number")


def _lock(file: int) -> None:
    if sys.platform == "win32":
        os.lseek(file, _BEYOND, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _let_go_in_a_child() -> None:
    """A forked child, a loader's worker say, must not keep what outlives its parent."""
    for lock in list(_held):
        lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_a_child)


def _owner(folder: Path, rank: int) -> dict[str, Any]:
    """The last start in run.json that has no end; empty where there is none, or none can be read."""
    try:
        content = json.loads(run_file(folder, rank).read_bytes())
        ended = {end.get("start") for end in content["ends"]}
        start: dict[str, Any] = content["starts"][-1]
        return {} if len(content["starts"]) - 1 in ended else dict(start)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _lives(owner: dict[str, Any]) -> bool:
    """Whether the process goes on, as far as can be told from here."""
    pid = owner.get("pid")
    if owner.get("host") != socket.gethostname() or not isinstance(pid, int) or pid in (0, os.getpid()):
        return False  # a container that is started anew has the same number for another process
    try:
        os.kill(pid, 0) if sys.platform != "win32" else None
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return sys.platform != "win32"


def _words(folder: Path, owner: dict[str, Any]) -> str:
    if owner.get("pid") == os.getpid() and owner.get("host") == socket.gethostname():
        return (
            f"{folder} is being written by a probe of this very process: close() that one first, or take another path; "
            'if_taken="sibling" makes a new folder beside it'
        )
    try:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(owner["time"]))
        who = f"process {owner['pid']} on {owner['host']} (since {since})"
    except (LookupError, TypeError, ValueError, OverflowError, OSError):
        who = "another process"
    return (
        f"{folder} is being written by {who}: two writers would mix their runs. Take another path, or let that process "
        'end first; if_taken="sibling" makes a new folder beside it'
    )
