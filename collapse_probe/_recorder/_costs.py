"""What captures cost, in CPU time, wherever it is spent."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class CaptureCosts:
    """Adds up the CPU time of captures, in the training loop and in the threads beside it.

    >>> costs = CaptureCosts()
    >>> with costs.counted():
    ...     sum(range(1000)) > 0
    True
    >>> costs.seconds > 0
    True
    """

    def __init__(self, elsewhere: Callable[[], float] = lambda: 0.0) -> None:
        """`elsewhere`: CPU time of captures in other threads."""
        self._elsewhere = elsewhere
        self.taken = 0
        """Captures that arrived."""
        self.measured = 0
        """Those that there was a reference for."""
        self.loop_seconds = 0.0
        """Time that they took in the training loop; added to by its thread alone."""
        self._worker_seconds = 0.0

    @property
    def seconds(self) -> float:
        """Time of all of them."""
        return self.loop_seconds + self._worker_seconds + self._elsewhere()

    @property
    def per_capture(self) -> float:
        """CPU seconds of one; 0 while there is none."""
        return self.seconds / self.taken if self.taken else 0.0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """What runs inside, in the worker's thread, is part of the cost."""
        began = time.thread_time()
        try:
            yield
        finally:
            self._worker_seconds += time.thread_time() - began

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What runs inside is not, though it is inside `counted`: it happens once in a run."""
        began = time.thread_time()
        try:
            yield
        finally:
            self._worker_seconds -= time.thread_time() - began
