"""How the person at the terminal is told of a failing disk: once, and of its end."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ._gaps import ONCE, Gaps
from ._waiting import Job

_QUIET_SECONDS = 600.0
"""Trouble that comes back sooner than this is not told again."""


@dataclass(frozen=True)
class Notices:
    """Ways to be heard; none of them raises."""

    warn: Callable[[str], object] = lambda message: None
    say: Callable[[str], object] = lambda message: None
    fail: Callable[[Exception], object] = lambda failure: None
    """For what is no trouble of the disk."""


class Trouble:
    """Keeps the gaps, and the words that are due."""

    def __init__(self, place: Path, notices: Notices) -> None:
        self.gaps = Gaps()
        self._place = place
        self._notices = notices
        self._due: deque[Callable[[], object]] = deque()
        self._warned = False
        self._well_since = -_QUIET_SECONDS

    def begin(self, what: str, error: str) -> bool:
        """The disk fails, first at this kind of job; whether that is new."""
        if self.gaps.error is not None:
            return False
        self.gaps.begin(error)
        if not self._quiet():
            tell, self._warned = self._notices.say if self._warned else self._notices.warn, True
            text = (
                f"{self._place}: {ONCE.get(what, what)} cannot be written ({error}). Training goes on and is watched "
                "as before; what is recorded waits, captures are dropped, and writing is tried again"
            )
            self._due.append(lambda: tell(text))
        return True

    def end(self) -> bool:
        """The disk is well; whether that is new."""
        if self.gaps.error is None:
            return False
        text, quiet = f"{self._place} is being written again {self.gaps.end()}", self._quiet()
        self._well_since = time.monotonic()
        if not quiet:
            self._due.append(lambda: self._notices.say(text))
        return True

    def over(self, waiting: Iterable[Job], *, answers: bool) -> None:
        """Nothing more is waited for; what is missing for good, and what may be where the disk does not answer."""
        jobs = [job for job in waiting if job.rows]
        missing = self.gaps.missing
        if not answers:
            steps = sum(job.rows for job in jobs if job.what == "steps")
            text = (
                f"{self._place}: the disk does not answer, so close() waits no longer. {steps} steps and "
                f"{sum(job.what == 'captures' for job in jobs)} captures, and what else waits, are written if the disk "
                "answers before this process ends" + (f"; missing already: {missing}" if missing else "")
            )
            self._due.append(lambda: self._notices.say(text))
        elif missing:
            self._due.append(lambda: self._notices.say(f"{self._place} is closed; missing: {missing}"))

    def tell(self) -> None:
        """Say what is due; by whoever holds no lock."""
        while True:
            try:
                due = self._due.popleft()
            except IndexError:
                return
            due()

    def _quiet(self) -> bool:
        return time.monotonic() - self._well_since < _QUIET_SECONDS
