"""What a run writes while training goes on: in a thread of its own, however long the disk fails."""

import math
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from ..errors import in_a_line
from ._trouble import Notices, Trouble
from ._waiting import Job, Waiting

PATIENCE_SECONDS = 10.0
"""A disk that has not answered for so long, and longer for what is large, stalls."""
LAST_PATIENCE_SECONDS = 20.0
"""How long `close` waits for an answer."""
SLOWEST_DISK = 5e6
"""Bytes a second: what is large is given so much more time."""
_LOOK_SECONDS = 0.05
_IMPATIENCE_SECONDS = 0.5


class Outbox:
    """Takes jobs and returns at once. A failing disk is one warning; one line says when it is well again."""

    def __init__(self, place: Path, notices: Notices, *, when_over: Callable[[], None] = lambda: None) -> None:
        """`when_over` is called once nothing will be written any more."""
        self.capture_seconds = 0.0
        """CPU time of the thread for captures and sheets."""
        self._notices = notices
        self._when_over = when_over
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._trouble = Trouble(place, notices)
        self._waiting = Waiting(self._lose)
        self._current: Job | None = None
        self._began = 0.0
        self._stalled = False
        self._closing = False
        self._mark: Job | None = None
        # At once: an interpreter that is about to exit starts no thread any more.
        self._thread = threading.Thread(target=self._run, name="collapse_probe disk", daemon=True)
        self._thread.start()

    @property
    def error(self) -> str | None:
        """What the disk says now, else what is missing since it failed; None when all is well."""
        if os.getpid() != self._pid:
            return None
        with self._changed:
            gaps = self._trouble.gaps
            return gaps.error or (f"the disk failed; missing: {gaps.missing}" if gaps.missing else None)

    def gaps(self) -> list[dict[str, Any]]:
        """For run.json."""
        with self._changed:
            return [dict(gap, missing=dict(gap["missing"])) for gap in self._trouble.gaps.stored]

    def put(self, job: Job, *, marks: bool = False) -> bool:
        """Hand it over; whether it was taken. One that `marks` gaps is done again whenever one begins or ends."""
        if os.getpid() != self._pid:
            return False  # a forked child: the run is its parent's
        with self._changed:
            taken = not self._closing and self._waiting.add(job)
            if marks:
                self._mark = job
            self._changed.notify_all()
        self._look()
        return taken

    def make_room(self, what: Literal["rows", "captures"]) -> None:
        """Wait until they have room, as long as the disk answers: for whom drops none while it is well."""
        while os.getpid() == self._pid:
            with self._changed:
                well = self._trouble.gaps.error is None and self._thread.is_alive()
                if not self._waiting.crowded(what) or not well or self._has_no_answer(_IMPATIENCE_SECONDS):
                    return
                self._changed.wait(_LOOK_SECONDS)

    def settle(self, *, at_most: float = math.inf) -> bool:
        """Wait until nothing waits any more, until the disk fails, or so many seconds; whether all is written."""
        if os.getpid() != self._pid:
            return True
        give_up = time.monotonic() + at_most
        while True:
            with self._changed:
                idle = self._current is None and not any(True for _ in self._waiting)
                failing = self._trouble.gaps.error is not None or not self._thread.is_alive()
                if idle or failing or time.monotonic() > give_up:
                    return idle
                self._changed.wait(_LOOK_SECONDS)
            self._look()

    def close(self) -> None:
        """Try once more what waits, and end the thread; wait only so long for an answer, and say what is missing."""
        if os.getpid() != self._pid or self._closing:
            return
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        began = time.monotonic()
        while self._thread.is_alive() and not self._has_no_answer(LAST_PATIENCE_SECONDS, since=began):
            self._thread.join(_LOOK_SECONDS)
        with self._changed:
            current = [] if self._current is None else [self._current]
            self._trouble.over([*current, *self._waiting], answers=not self._thread.is_alive())
        self._trouble.tell()

    def _lose(self, job: Job) -> None:
        if job.rows:
            self._trouble.gaps.lose(job.what, rows=job.rows, steps=job.steps)
        if self._closing and self._mark is not None and job.what != self._mark.what:
            self._waiting.add(self._mark)

    def _run(self) -> None:
        try:
            self._work()
        except Exception as failure:
            self._notices.fail(failure)
        finally:
            self._when_over()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            began, failure = time.thread_time(), None
            try:
                job.write()
            except Exception as error:
                failure = error
            if job.keep == "none":
                self.capture_seconds += time.thread_time() - began
            self._finish(job, failure)

    def _next(self) -> Job | None:
        with self._changed:
            while (job := self._waiting.take(at_once=self._closing)) is None and not self._closing:
                self._changed.wait(self._waiting.next_in())
            self._current, self._began = job, time.monotonic()
            return job

    def _finish(self, job: Job, failure: Exception | None) -> None:
        with self._changed:
            self._current, self._stalled = None, False
            if isinstance(failure, OSError):
                self._begin(job, in_a_line(failure))
                self._waiting.failed(job, again=not self._closing)
            else:
                self._waiting.done(job)
                self._waiting.well(job)
            if failure is not None and not isinstance(failure, OSError):
                self._lose(job)
            elif not self._waiting.failing and self._trouble.end():
                self._mark_again()
            self._changed.notify_all()
        self._trouble.tell()
        if failure is not None and not isinstance(failure, OSError):
            self._notices.fail(failure)

    def _begin(self, job: Job, error: str) -> None:
        if self._trouble.begin(job.what, error):
            self._mark_again()

    def _mark_again(self) -> None:
        if self._mark is not None:
            self._waiting.add(self._mark)

    def _look(self) -> None:
        """Whether the disk stalls: nobody but those who hand something over can see that."""
        if self._has_no_answer(PATIENCE_SECONDS):
            with self._changed:
                if self._current is not None and not self._stalled:
                    self._stalled = True
                    self._begin(self._current, f"no answer for {time.monotonic() - self._began:.0f} s")
            self._trouble.tell()

    def _has_no_answer(self, seconds: float, since: float = 0.0) -> bool:
        with self._changed:
            job, began = self._current, max(self._began, since)
            return job is not None and time.monotonic() - began > seconds + job.size / SLOWEST_DISK
