"""Between the probe and the training loop: whatever fails on our side must not be felt on theirs."""

import time
from collections.abc import Callable
from typing import Any

from .._recorder import warn
from ..errors import LoopNotUnderstood

_LONGEST_MESSAGE = 300


class Guard:
    """Wraps what runs inside the training loop: timed, silent while paused, inert once off, unable to raise."""

    def __init__(self) -> None:
        self.paused = False
        self.off = False
        self.error: str | None = None
        self.said = False
        """Whether the self-check's line was printed."""
        self.seconds = 0.0
        """Time spent inside the training loop so far."""

    def __call__(self, action: Callable[..., None]) -> Callable[..., None]:
        """The action, guarded; its arguments are passed through."""

        def guarded(*args: Any) -> None:
            if self.off or self.paused:
                return
            began = time.perf_counter()
            try:
                action(*args)
            except LoopNotUnderstood:
                raise
            except Exception as error:
                self.fail(error)
            finally:
                self.seconds += time.perf_counter() - began

        return guarded

    def fail(self, error: BaseException) -> None:
        """Turn the probe off with one warning."""
        if self.off:
            return
        self.off = True
        self.error = f"{type(error).__name__}: {' '.join(str(error).split())[:_LONGEST_MESSAGE]}"
        warn(f"the probe failed and is off, training goes on: {self.error}")

    def report(self, trouble: str) -> None:
        """Something cannot be understood; the rest goes on. The first trouble is the one that is told."""
        if self.error is None:
            self.error = trouble
            warn(f"{trouble}. Recording what can be understood.")
