"""`keep_best`: the weights of the healthiest capture so far, in a file."""

import math
import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from .._best import BestCapture, best_capture
from .._records import Band, Event
from .._store import Job
from ..errors import InvalidArgument, in_a_line
from ._notices import warn
from ._snapshot import Snapshot

WAITING_SNAPSHOTS = 2
WAITING_BYTES = 64 * 2**20
"""Beyond both, a capture goes without a snapshot until one of those that wait has been judged."""
_SHARE_OF_WRITING = 0.05


class Keeper:
    """Takes snapshots in the training loop, and writes the best of them once their captures have been judged.

    `modules` is empty, and nothing is done, unless weights are to be kept. A file of weights may be large, and while a
    generator improves nearly every capture is the best: the best one waits in memory until writing takes no more than
    a twentieth of the time, something went wrong, or the run ends.
    """

    def __init__(
        self,
        kept: tuple[Path, Mapping[str, nn.Module]] | None,
        put: Callable[[Job], object] = lambda job: job.write(),
    ) -> None:
        """`put`: has the file written, where and when that is possible."""
        self.path, self.modules = (Path(), {}) if kept is None else (kept[0], dict(kept[1]))
        self.nbytes = 0
        """Host memory of one snapshot."""
        self.skipped = 0
        """Captures without a snapshot, since others were still waiting for their verdict."""
        self.written: int | None = None
        """The step whose weights are in the file."""
        self.error: str | None = None
        """Why nothing can be kept any more."""
        self._best = BestCapture()
        self._told = 0
        self._waiting: dict[int, Snapshot] = {}
        self._unwritten: tuple[int, Snapshot] | None = None
        self._write_after = 0.0
        self._put = put
        self._lock = threading.Lock()
        if kept is not None:
            # Only now: a folder that goes away later is not made anew. What is wrong with it is told when it is needed.
            with suppress(OSError):
                self.path.parent.mkdir(parents=True, exist_ok=True)

    def snapshot(self, step: int) -> None:
        """Copy the weights as they are after the generator's update of this step."""
        if not self.modules or self.error is not None:
            return
        waiting = len(self._waiting)
        if waiting >= WAITING_SNAPSHOTS and (waiting + 1) * self.nbytes > WAITING_BYTES:
            self.skipped += 1
            return
        try:
            self._waiting[step] = snapshot = Snapshot(self.modules)
            self.nbytes = snapshot.nbytes
        except Exception as failure:
            self._give_up(failure)

    def judge(self, step: int, values: Mapping[str, float], bands: Mapping[str, Band], events: Sequence[Event]) -> None:
        """The statistics of the capture of this step are known, and `events` of the run up to it."""
        if not self.modules:
            return
        fresh, self._told = events[self._told :], len(events)
        for event in fresh:
            self._best.note(event)
        snapshot = self._waiting.get(step)
        # The best so far must not make way in memory, perhaps still unwritten, for weights that nobody can use.
        if self._best.observe(step, values, bands) and snapshot is not None and self._is_finite(snapshot):
            with self._lock:
                self._unwritten = (step, snapshot)
        if fresh or time.monotonic() >= self._write_after:
            self._write()

    def passed(self, step: int) -> None:
        """The capture of this step was handled, judged or not: its snapshot, and any older one, is not needed."""
        for known in [known for known in list(self._waiting) if known <= step]:
            self._waiting.pop(known, None)

    def take_up(self, statistics: pd.DataFrame, bands: Mapping[str, Band], events: Sequence[Event]) -> None:
        """Go on after these rows of a stored run; the file is replaced when something better comes."""
        self._best, self._told = best_capture(statistics, bands, events), len(events)
        with self._lock:
            if self._unwritten is not None and self._unwritten[0] != self._best.step:
                self._unwritten = None

    def cost(self) -> dict[str, int]:
        """For the run's record; empty where nothing is kept."""
        return {"snapshot_bytes": self.nbytes, "snapshots_skipped": self.skipped} if self.modules else {}

    def close(self, *, failed: bool = False) -> None:
        """Write what is not yet written; one warning where there was never anything to, and nothing has `failed`."""
        self._waiting.clear()
        self._write()
        never = self.written is None and self._unwritten is None
        if self.modules and never and self.error is None and not failed:
            warn(
                f"keep_best wrote no {self.path}: no capture was judged healthy. Give real=... so that captures are "
                "measured against real data from the first step on"
            )

    def _is_finite(self, snapshot: Snapshot) -> bool:
        # Captured samples were drawn before the update, which may have been the one that broke the weights.
        try:
            return all(bool(t.isfinite().all()) for t in snapshot.tensors().values() if t.is_floating_point())
        except Exception as failure:
            self._give_up(failure)
            return False

    def _give_up(self, failure: Exception) -> None:
        self.error = in_a_line(failure)
        warn(f"keep_best cannot write {self.path} any more ({self.error}); the rest goes on")

    def _write(self) -> None:
        if self._unwritten is not None and self.error is None:
            self._write_after = math.inf  # until this is done
            self._put(Job("best", self._write_newest, self.nbytes, "latest"))

    def _write_newest(self) -> None:
        """In the outbox's thread, which tries again where the disk fails: by then something better may be there."""
        newest = self._unwritten
        if newest is None or self.error is not None:
            return
        step, snapshot = newest
        began = time.monotonic()
        try:
            tensors = {name: tensor.contiguous() for name, tensor in snapshot.tensors().items()}
            _replace(self.path, tensors, step)
            self.written = step
        except OSError:
            raise
        except Exception as failure:
            self._give_up(failure)
        finally:
            self._write_after = time.monotonic() + (time.monotonic() - began) / _SHARE_OF_WRITING
        with self._lock:
            if self._unwritten is newest:
                self._unwritten = None


def parse_keep_best(value: Any) -> tuple[Path, Mapping[str, nn.Module]] | None:
    """The path and the further modules that were asked for; raises `InvalidArgument` where that makes no sense."""
    if value is None:
        return None
    path, modules = value if isinstance(value, tuple) and len(value) == 2 else (value, {})
    named = isinstance(modules, Mapping) and all(
        isinstance(name, str) and name and "." not in name and isinstance(module, nn.Module)
        for name, module in modules.items()
    )
    if not isinstance(path, str | PathLike) or not str(path) or not named:
        raise InvalidArgument(
            f"keep_best is {value!r}; expected the path of a file, or that and further modules by name: "
            '("best.safetensors", {"ema": ema})'
        )
    path = Path(path)
    if path.is_dir():
        raise InvalidArgument(f"keep_best is the folder {path}; expected a file, e.g. {path / 'best.safetensors'}")
    return path, modules


def _replace(path: Path, tensors: Mapping[str, Any], step: int) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        save_file(dict(tensors), temporary, metadata={"step": str(step)})
        with temporary.open("r+b") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except SafetensorError as error:
        # It hides what the system said.
        if found := re.search(r"os error (\d+)", str(error)):
            raise OSError(int(found[1]), os.strerror(int(found[1])), str(path)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)
