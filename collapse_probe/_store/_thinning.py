"""Which captures to give up when they take more disk than a run may."""

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Mapping

SURROUNDING = 4
"""So many captures before, and so many at or after, a protected step are guarded."""


class CaptureBudget:
    """Sizes of the stored captures, and the ones to remove so that all fit into `limit` bytes.

    What stays is spread evenly over time: each time the capture goes whose neighbours are closest together. The first
    and the newest stay whatever the limit, and the four on each side of a protected step (an event, say) stay while
    such captures are not more than half of all.

    Of `n` captures of one size over `span` steps no gap is then wider than `2 * span / (n - 1)`, twice the ideal, and
    `4 * span / (n - 3)` with protected steps, unless the captures came that far apart: among all pairs of gaps side by
    side one is at most twice the mean gap. A capture costs one removal in the mean, and a look at a heap.

    >>> budget = CaptureBudget(limit=30)
    >>> [budget.add(step, 10) for step in (0, 10, 20, 30, 40)]
    [[], [], [], [10], [30]]
    """

    def __init__(self, *, limit: int, stored: Mapping[int, int] | None = None) -> None:
        """`stored` are the sizes of what an earlier start left behind; nothing goes before the first `add`."""
        self.limit = limit
        self.removed = 0
        """How many were given up; those of a stretch that the run took again do not count."""
        self._sizes: dict[int, int] = {}
        self._total = 0
        self._void: dict[int, int] = {}
        self._previous: dict[int, int | None] = {}
        self._next: dict[int, int | None] = {}
        self._newest: int | None = None
        self._guarded: set[int] = set()
        self._guard_coming = 0
        self._crowded: dict[bool, list[tuple[int, int]]] = {False: [], True: []}
        for step, size in sorted((stored or {}).items()):
            self._append(step, size)

    def protect(self, steps: Iterable[int]) -> None:
        """The captures around these steps are to be kept, as far as there is room."""
        for turn in steps:
            known = list(self._sizes)  # in step order
            place = bisect_left(known, turn)
            for step in known[max(place - SURROUNDING, 0) : place + SURROUNDING]:
                self._guarded.add(step)
                self._note(step)
            missing = SURROUNDING - (len(known) - place)
            self._guard_coming = max(self._guard_coming, missing)

    def taken_up(self, step: int, current: Iterable[int] | None = None) -> None:
        """The run goes on at `step`: what is stored from there on, or is not `current`, is void and goes first."""
        keep = set(self._sizes) if current is None else set(current)
        for known in [known for known in self._sizes if known >= step or known not in keep]:
            self._void[known] = self._sizes[known]
            self._drop(known)
        self._guard_coming = 0

    def add(self, step: int, size: int) -> list[int]:
        """Note a new capture of `size` bytes; the steps whose captures should be deleted now."""
        if self._newest is not None and step <= self._newest:
            self.taken_up(step)
        self._total -= self._void.pop(step, 0)
        self._append(step, size)
        if self._guard_coming:
            self._guard_coming -= 1
            self._guarded.add(step)
        gone = []
        while self._total > self.limit and self._void:
            void, void_size = self._void.popitem()
            self._total -= void_size
            gone.append(void)
        while self._total > self.limit and len(self._sizes) > 2:
            victim = self._most_crowded()
            self._total -= self._sizes[victim]
            self._drop(victim)
            self.removed += 1
            gone.append(victim)
        return gone

    def _append(self, step: int, size: int) -> None:
        before = self._newest
        self._sizes[step], self._previous[step], self._next[step] = size, before, None
        self._total += size
        self._newest = step
        if before is not None:
            self._next[before] = step
            self._note(before)

    def _drop(self, step: int) -> None:
        """Out of the order; the total is the caller's business."""
        before, after = self._previous.pop(step), self._next.pop(step)
        del self._sizes[step]
        self._guarded.discard(step)
        if before is not None:
            self._next[before] = after
            self._note(before)
        if after is not None:
            self._previous[after] = before
            self._note(after)
        else:
            self._newest = before

    def _note(self, step: int) -> None:
        """How far apart the neighbours of a capture are now; what was noted before is passed over."""
        guarded = step in self._guarded
        heap = self._crowded[guarded]
        if (reach := self._reach(step)) is not None:
            heapq.heappush(heap, (reach, step))
        if len(heap) > 64 + 8 * len(self._sizes):
            heap[:] = sorted({entry for entry in heap if self._holds(entry, guarded)})

    def _reach(self, step: int) -> int | None:
        before, after = self._previous[step], self._next[step]
        return None if before is None or after is None else after - before

    def _holds(self, entry: tuple[int, int], guarded: bool) -> bool:
        reach, step = entry
        return step in self._sizes and guarded == (step in self._guarded) and reach == self._reach(step)

    def _most_crowded(self) -> int:
        """Of the captures between the first and the newest; there are some."""
        too_many_guarded = 2 * len(self._guarded) > len(self._sizes)
        for guarded in (too_many_guarded, not too_many_guarded):
            heap = self._crowded[guarded]
            while heap:
                entry = heapq.heappop(heap)
                if self._holds(entry, guarded):
                    return entry[1]
        raise AssertionError("no capture lies between the first and the newest")
