"""Captures and sheets within their limits, and what run.json says of those that were given up."""

from collections.abc import Iterable
from typing import Literal

from .._records import Event
from .._store import CaptureBudget, RunWriter

SHARE_OF_LIMIT = 4
"""Beside the captures' `disk_limit`, sheets may take a fourth as much."""


class Thinned:
    """The captures, or the sheets, of a run: thinned evenly over time when they take too much disk."""

    def __init__(self, kind: Literal["captures", "sheets"], writer: RunWriter, *, disk_limit: int) -> None:
        """What an earlier start stored counts, and so does what it gave up."""
        self._kind = kind
        captures = kind == "captures"
        limit = disk_limit if captures else max(1, disk_limit // SHARE_OF_LIMIT)
        stored = writer.capture_sizes() if captures else writer.sheet_sizes()
        self._budget = CaptureBudget(limit=limit, stored=stored)
        before = writer.info.get(f"{kind}_removed")
        self._before = before if isinstance(before, int) and before > 0 else 0
        self._told = self._before

    @property
    def removed(self) -> int:
        """How many were given up, over all starts of the run."""
        return self._before + self._budget.removed

    def wrote(self, writer: RunWriter, *, step: int, size: int) -> None:
        """One more was written, unless `size` is 0: others may have to go.

        A killed run says at least half of how many went.
        """
        for gone in self._budget.add(step, size) if size else ():
            (writer.remove_capture if self._kind == "captures" else writer.remove_sheet)(gone)
        if self.removed > 2 * self._told:
            self._told = self.removed
            writer.update_info(**self.described())

    def protect(self, events: Iterable[Event]) -> None:
        """Those around the events go last."""
        for event in events:
            self._budget.protect((event.onset, event.step))

    def taken_up(self, step: int, current: Iterable[int] | None = None) -> None:
        """The run goes on at `step`, and has those that are `current`."""
        self._budget.taken_up(step, current)

    def described(self) -> dict[str, int]:
        """For run.json."""
        return {f"{self._kind}_removed": self.removed}
