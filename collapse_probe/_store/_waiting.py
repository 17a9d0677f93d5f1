"""What waits to be written, in bounded memory: in order within its kind, and while one kind fails the others go on."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0
"""What cannot be written is tried again after the first, then after twice as long each time, up to the second."""
MAXIMUM_ROW_BYTES = 64 * 2**20
"""Steps, statistics and events that wait: beyond it the oldest are dropped. Half a million steps or more."""
MAXIMUM_CAPTURE_BYTES = 64 * 2**20
"""Captures and sheets that wait: beyond it the newest are dropped."""
_JOB_BYTES = 1000
"""What a job takes beside its content, generously."""


@dataclass(frozen=True, eq=False)
class Job:
    """One write. `keep` says what waits while its kind fails: "all", the "latest", which replaces others, or "none"."""

    what: str
    write: Callable[[], object]
    size: int = 0
    keep: Literal["all", "latest", "none"] = "all"
    rows: int = 1
    """What is missing if it is never done; 0 where that is nothing."""
    steps: tuple[int, int] | None = None
    """First and last of the rows."""


@dataclass
class _Kind:
    jobs: deque[tuple[int, Job]] = field(default_factory=deque)
    interval: float = 0.0
    retry_at: float = 0.0


class Waiting:
    """Jobs by kind; not safe from several threads by itself."""

    def __init__(self, lose: Callable[[Job], None]) -> None:
        """`lose` is told of what will not be written."""
        self._lose = lose
        self._kinds: dict[str, _Kind] = {}
        self._bytes = {"all": 0, "latest": 0, "none": 0}
        self._number = 0

    def __iter__(self) -> Iterator[Job]:
        return (job for kind in self._kinds.values() for _, job in kind.jobs)

    @property
    def failing(self) -> bool:
        """Whether the last attempt at some kind failed."""
        return any(kind.interval for kind in self._kinds.values())

    def crowded(self, what: Literal["rows", "captures"]) -> bool:
        """Whether captures take up half of their room, rows a sixteenth: those that wait are lost if all is killed."""
        if what == "rows":
            return self._bytes["all"] > MAXIMUM_ROW_BYTES // 16
        return self._bytes["none"] > MAXIMUM_CAPTURE_BYTES // 2

    def add(self, job: Job) -> bool:
        """Whether there is room for it."""
        kind = self._kinds.setdefault(job.what, _Kind())
        if job.keep == "none":
            waiting = self._bytes["none"]
            if kind.retry_at > time.monotonic() or (waiting and waiting + job.size > MAXIMUM_CAPTURE_BYTES):
                self._lose(job)
                return False
        if job.keep == "latest":
            self._bytes["latest"] -= sum(old.size + _JOB_BYTES for _, old in kind.jobs)
            kind.jobs.clear()
        self._number += 1
        kind.jobs.append((self._number, job))
        self._bytes[job.keep] += job.size + _JOB_BYTES
        while self._bytes["all"] > MAXIMUM_ROW_BYTES and self._drop_oldest():
            pass
        return True

    def take(self, *, at_once: bool) -> Job | None:
        """The job to be done now, that of a kind which waits for another attempt only if it is to be `at_once`."""
        now = time.monotonic()
        due = [kind for kind in self._kinds.values() if kind.jobs and (at_once or kind.retry_at <= now)]
        return min(due, key=lambda kind: kind.jobs[0][0]).jobs.popleft()[1] if due else None

    def next_in(self) -> float | None:
        """Seconds until a job is due; None where there is none."""
        due = [kind.retry_at for kind in self._kinds.values() if kind.jobs]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def done(self, job: Job) -> None:
        """It is written, or will not be."""
        self._bytes[job.keep] -= job.size + _JOB_BYTES

    def well(self, job: Job) -> None:
        """Its kind can be written."""
        kind = self._kinds[job.what]
        kind.interval = kind.retry_at = 0.0

    def failed(self, job: Job, *, again: bool) -> bool:
        """Put it back to be tried `again`, later each time; whether it waits, or something newer in its place does."""
        kind = self._kinds[job.what]
        kind.interval = min(max(2 * kind.interval, RETRY_SECONDS), LONGEST_RETRY_SECONDS)
        kind.retry_at = time.monotonic() + kind.interval
        replaced = job.keep == "latest" and bool(kind.jobs)
        waits = again and job.keep != "none" and not replaced
        if waits:
            kind.jobs.appendleft((0, job))
        else:
            self.done(job)
            if not replaced:
                self._lose(job)
        return waits or replaced

    def _drop_oldest(self) -> bool:
        waiting = [kind for kind in self._kinds.values() if kind.jobs and kind.jobs[0][1].keep == "all"]
        steps = [kind for kind in waiting if kind.jobs[0][1].what == "steps"]
        if waiting:
            _, job = (steps or waiting)[0].jobs.popleft()
            self.done(job)
            self._lose(job)
        return bool(waiting)
