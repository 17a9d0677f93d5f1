"""What is known of a run now, and what one look at its folder adds to it."""

import math
import time
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np

from .._best import BestCapture
from .._records import DIVERSITY, Band, Event
from .._store import Run, StoredRows, Tail, boundaries, last_end, load, planned_steps, table
from ..errors import UnreadableRun
from ._history import History

RATE_SECONDS = 30.0
"""The step rate is that of so long."""


class Feed:
    """Follows one run folder; of many ranks the first, which is the one that watches.

    `look` takes in what is new. A run that is taken up anew, or whose files are replaced, is read from its beginning.
    """

    def __init__(self, path: Path) -> None:
        """Raises what `load` does where there is no run."""
        self.run: Run = load(path)
        self._begin()

    def _begin(self) -> None:
        self.run = Run(self.run.path)
        self.steps, self.diversity = History(), History()
        self.step: int | None = None
        self.step_time = math.nan
        """Seconds since 1970, of the last step."""
        self.captures = 0
        self.events: list[Event] = []
        self.best, self._noted = BestCapture(), 0
        self._bands: dict[str, Band] = {}
        self._start = -1
        self._marks: deque[tuple[int, float]] = deque()
        self._seen: dict[str, Any] = {}
        folder = self.run.path
        self._step_rows, self._statistic_rows = Tail(folder / "steps.0"), Tail(folder / "statistics.0")

    @property
    def name(self) -> str:
        """Of the run."""
        return self.run.name

    @property
    def ended(self) -> str | None:
        """How the last start ended; None while it goes on, or was killed."""
        end = last_end(self.run.info)
        return None if end is None else str(end["how"])

    @property
    def total_steps(self) -> int | None:
        """How long the run is meant to be, where that was said."""
        return planned_steps(self.run.info)

    @property
    def steps_a_second(self) -> float | None:
        """Of the last half minute; None before there are two moments to compare."""
        if len(self._marks) < 2:
            return None
        (first, begin), (last, end) = self._marks[0], self._marks[-1]
        rate = (last - first) / (end - begin) if end > begin else 0.0
        return rate if 0 < rate < math.inf else None

    @property
    def seconds_left(self) -> float | None:
        """Until the last step, at this rate; None where either is not known, or the run has ended."""
        rate, total = self.steps_a_second, self.total_steps
        if rate is None or total is None or self.step is None or self.ended is not None:
            return None
        return max(total - self.step - 1, 0) / rate

    @property
    def silent_seconds(self) -> float:
        """How long ago the last step was made; NaN where that is not known."""
        return max(time.time() - self.step_time, 0.0)

    def look(self) -> bool:
        """Read what has come; whether anything has."""
        try:
            return self._look()
        except UnreadableRun:
            self._begin()
            return self._look()

    def _look(self) -> bool:
        folder = self.run.path
        # As a reader of a live run goes: the events first, the steps last.
        if new_run := self._changed(folder / "run.json"):
            self.run = Run(folder)
        if new_events := self._changed(folder / "events.jsonl"):
            self.events = Run(folder).event_list
        measured, rows = self._statistic_rows.read(), self._step_rows.read()
        if self._taken_up(measured, rows):
            first_look = self._start < 0
            self._start = max(int(found.start.max()) for found in (measured, rows) if found is not None)
            if not first_look:
                self._begin_at(self._start)
                measured, rows = self._statistic_rows.read(), self._step_rows.read()
            measured, rows = _current(measured, rows)
        if measured is not None and len(measured.step):
            self._take_statistics(measured)
        if rows is not None and len(rows.step):
            self._take_steps(rows)
        return bool(new_run or new_events or measured is not None or rows is not None)

    def _taken_up(self, *found: StoredRows | None) -> bool:
        return any(rows is not None and (rows.start != self._start).any() for rows in found)

    def _begin_at(self, start: int) -> None:
        events, seen = self.events, self._seen
        self._begin()
        self.events, self._seen, self._start = events, seen, start

    def _take_statistics(self, rows: StoredRows) -> None:
        if not self._bands:
            try:
                self._bands = Run(self.run.path).bands
            except UnreadableRun:
                self._bands = {}
        values = dict(zip(rows.names, rows.values, strict=True))
        band = self._bands.get(DIVERSITY)
        known = values.get(DIVERSITY, np.full(len(rows.step), np.nan))
        with np.errstate(over="ignore", invalid="ignore"):
            self.diversity.add(["diversity"], (known / band.mean if band and band.mean else known * np.nan)[None])
        self.captures += len(rows.step)
        self._follow_best(rows, values)

    def _follow_best(self, rows: StoredRows, values: dict[str, np.ndarray]) -> None:
        for place, step in enumerate(rows.step.tolist()):
            while self._noted < len(self.events) and self.events[self._noted].step <= step:
                self.best.note(self.events[self._noted])
                self._noted += 1
            self.best.observe(step, {name: float(column[place]) for name, column in values.items()}, self._bands)

    def _take_steps(self, rows: StoredRows) -> None:
        shown = [place for place, name in enumerate(rows.names) if name != "time"]
        self.steps.add([rows.names[place] for place in shown], rows.values[shown])
        times = rows.values[rows.names.index("time")] if "time" in rows.names else np.full(len(rows.step), np.nan)
        for place in (0, -1):
            if np.isfinite(times[place]):
                self._marks.append((int(rows.step[place]), float(times[place])))
        while len(self._marks) > 2 and self._marks[-1][1] - self._marks[0][1] > RATE_SECONDS:
            self._marks.popleft()
        self.step, self.step_time = int(rows.step[-1]), float(times[-1])

    def _changed(self, file: Path) -> bool:
        """Whether a file is another than at the last look; a file that is away is as it was."""
        try:
            found = file.lstat()
        except OSError:
            return False
        now = (found.st_ino, found.st_size, found.st_mtime_ns)
        before, self._seen[file.name] = self._seen.get(file.name), now
        return now != before


def _current(measured: StoredRows | None, rows: StoredRows | None) -> tuple[StoredRows | None, StoredRows | None]:
    """The rows that no later start of the run replaced."""
    first = boundaries(*(found for found in (measured, rows) if found is not None))
    kept: list[StoredRows | None] = []
    for found in (measured, rows):
        if found is None:
            kept.append(None)
            continue
        whole = table(found, first)
        start = np.full(len(whole), int(found.start.max()), dtype=np.int64)
        step = whole.index.to_numpy(dtype=np.int64)
        kept.append(StoredRows(start, step, found.names, whole.to_numpy().T, found.problems))
    return kept[0], kept[1]
