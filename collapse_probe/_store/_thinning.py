"""Which captures to give up when they take more disk than a run may."""

from collections.abc import Iterable


class CaptureBudget:
    """Sizes of the stored captures, and the ones to remove so that all fit into `limit` bytes.

    What stays is spread evenly over time: each time the capture goes whose neighbours are closest together. The
    first, the latest, and those next to a protected step (an event, say) go last.

    >>> budget = CaptureBudget(limit=30)
    >>> [budget.add(step, 10) for step in (0, 10, 20, 30, 40)]
    [[], [], [], [10], [30]]
    """

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        self.removed = 0
        self._sizes: dict[int, int] = {}
        self._protected: set[int] = set()

    def protect(self, steps: Iterable[int]) -> None:
        """The captures on both sides of these steps are to be kept as long as possible."""
        self._protected |= set(steps)

    def add(self, step: int, size: int) -> list[int]:
        """Note a new capture of `size` bytes; the steps whose captures should be deleted now."""
        self._sizes[step] = size
        gone = []
        while sum(self._sizes.values()) > self.limit and len(self._sizes) > 2:
            victim = self._most_crowded()
            del self._sizes[victim]
            gone.append(victim)
        self.removed += len(gone)
        return gone

    def _most_crowded(self) -> int:
        steps = sorted(self._sizes)
        guarded = {neighbour for turn in self._protected for neighbour in _around(steps, turn)}
        inner = range(1, len(steps) - 1)
        return steps[min(inner, key=lambda i: (steps[i] in guarded, steps[i + 1] - steps[i - 1], steps[i]))]


def _around(steps: list[int], turn: int) -> list[int]:
    """The captures just before and at or after a step."""
    before = [step for step in steps if step < turn][-1:]
    return before + [step for step in steps if step >= turn][:1]
