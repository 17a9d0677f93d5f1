"""Clocks over all threads, and the state of rest that a measured block begins and ends in."""

import gc
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

_REST_SECONDS = 0.02
_REST_CPU = 0.002
_LONGEST_WAIT = 30.0


@dataclass(frozen=True)
class Cost:
    """What a step took: CPU time over all threads, and wall time."""

    cpu: float
    wall: float


def synchronise() -> None:
    """Wait for what was queued on a GPU, where there is one in use."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()


def settle() -> None:
    """Wait until no thread of the process computes any more."""
    synchronise()
    give_up = time.monotonic() + _LONGEST_WAIT
    while time.monotonic() < give_up:
        before = time.process_time()
        time.sleep(_REST_SECONDS)
        if time.process_time() - before < _REST_CPU:
            return


def block(step: Callable[[], None], steps: int) -> Cost:
    """Seconds a step. What worker threads still do afterwards counts as CPU time, and not as wall time."""
    gc.collect()
    settle()
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(steps):
        step()
    synchronise()
    wall = time.perf_counter() - wall
    settle()
    return Cost((time.process_time() - cpu) / steps, wall / steps)


class Threads:
    """CPU time of the threads that were started since this was made."""

    def __init__(self) -> None:
        self._known = set(threading.enumerate())

    def seconds(self) -> float | None:
        """Their CPU time so far; None where the system has no clock for a thread."""
        if not hasattr(time, "pthread_getcpuclockid"):
            return None
        started = [thread.ident for thread in threading.enumerate() if thread not in self._known]
        return sum(time.clock_gettime(time.pthread_getcpuclockid(ident)) for ident in started if ident is not None)
