"""Finished steps on their way to the disk, and the thread that sees to it where the loop makes no more of them."""

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from .._store import RunWriter
from ._forms import StepValues, step_columns

FLUSH_SECONDS = 1.0
FLUSH_ROWS = 800
"""With the steps that are on their way to here, not more than 1,000 wait."""


class Rows:
    """What was not handed to the operating system yet; one thread adds, and any may flush."""

    def __init__(self) -> None:
        self.waiting: list[StepValues] = []
        self._flushed = time.monotonic()
        self._ahead: StepValues | None = None
        self._lock, self._writing = threading.Lock(), threading.Lock()

    @property
    def due(self) -> bool:
        """Whether enough of them have waited, or for long enough."""
        return len(self.waiting) >= FLUSH_ROWS or time.monotonic() - self._flushed > FLUSH_SECONDS

    def add(self, row: StepValues) -> None:
        """A step that will not change any more."""
        with self._lock:
            if self._ahead is None or not _same(row, self._ahead):
                self.waiting.append(row)
            self._ahead = None

    def flush(self, writer: RunWriter, *, ahead: StepValues | None = None) -> None:
        """Write all of them; `ahead` too, a step that may change: then it is written again, and the last row counts."""
        with self._writing:
            with self._lock:  # not while the disk is at work: whoever adds does not wait for that
                rows, self.waiting = self.waiting, []
            try:
                if rows or ahead is not None:
                    writer.append_steps(step_columns(rows if ahead is None else [*rows, ahead]))
                    self._ahead = ahead or self._ahead
            except BaseException:
                with self._lock:
                    self.waiting = rows + self.waiting
                raise
            self._flushed = time.monotonic()


class Flusher:
    """Flushes a while after it was woken, in a daemon thread of its own that sleeps for good otherwise."""

    def __init__(self, flush: Callable[[], None]) -> None:
        self._flush = flush
        self._awake = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """There is something to flush; returns at once."""
        if self._awake.is_set():
            return
        self._awake.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="collapse_probe flush", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while self._awake.wait() and not self._closed.wait(FLUSH_SECONDS):
            self._awake.clear()
            if self._closed.is_set():
                return  # it was closed just before, and the call to wake up for that is cleared with the others
            with suppress(Exception):  # what was not written is kept: the loop's own flush meets the same trouble
                self._flush()


def _same(row: StepValues, other: StepValues) -> bool:
    """Whether two rows have the same numbers; NaN is the same as NaN."""
    (step, _, values), (other_step, _, others) = row, other
    return (
        step == other_step
        and values.keys() == others.keys()
        and all(
            value == others[name] or (math.isnan(value) and math.isnan(others[name])) for name, value in values.items()
        )
    )
