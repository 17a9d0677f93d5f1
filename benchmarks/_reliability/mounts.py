"""A disk of its own that can be full, read-only and silent, for real: an ext4 in a file. Only root may mount one."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class CannotMount(Exception):
    """This machine lets nobody mount, or lacks a tool."""


class Disk:
    """A mounted file system; it is made whole again when it is let go."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"
        self._frozen = False

    def fill(self) -> None:
        """Until not one byte more goes in."""
        with self._ballast.open("ab", buffering=0) as stream:
            for chunk in (2**18, 2**10, 1) * 2:
                with suppress(OSError):
                    while True:
                        stream.write(bytes(chunk))
                # Only now it is known how much of what was set aside is not needed.
                os.fsync(stream.fileno())

    def free(self) -> None:
        """Room again."""
        self._ballast.unlink()

    def read_only(self) -> None:
        """As after an error of the disk."""
        give_up = time.monotonic() + 10
        while True:
            try:
                return _run("mount", "-o", "remount,ro", str(self.path))
            except CannotMount:
                # A file is open for writing at this very moment.
                if time.monotonic() > give_up:
                    raise

    def writable(self) -> None:
        """As it was."""
        _run("mount", "-o", "remount,rw", str(self.path))

    def freeze(self) -> None:
        """Whoever writes from here on waits, in the kernel, until it is thawed; reading goes on."""
        _run("fsfreeze", "--freeze", str(self.path))
        self._frozen = True

    def thaw(self) -> None:
        """Who waits goes on."""
        self._frozen = False
        _run("fsfreeze", "--unfreeze", str(self.path))

    def let_go(self) -> None:
        """Unmount, whatever state it is in."""
        if self._frozen:
            self.thaw()
        try:
            _run("umount", str(self.path))
        except CannotMount:
            _run("umount", "--lazy", str(self.path))


@contextmanager
def mounted(folder: Path, *, megabytes: int = 4) -> Iterator[Disk]:
    """A disk at `folder/disk`; raises `CannotMount` where there can be none."""
    image, place = folder / "disk.img", folder / "disk"
    place.mkdir(parents=True)
    with image.open("wb") as stream:
        stream.truncate(megabytes * 2**20)
    # A journal would have whoever finds the disk full wait for its next commit, some seconds.
    _run("mkfs.ext4", "-q", "-m", "0", "-b", "1024", "-O", "^has_journal", str(image))
    _run("mount", "-o", "loop", str(image), str(place))
    disk = Disk(place)
    with suppress(OSError):
        (place / "lost+found").rmdir()
    try:
        yield disk
    finally:
        disk.let_go()


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise CannotMount(f"{' '.join(command)}: {said.strip()}") from error
