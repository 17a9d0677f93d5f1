"""A rank's part in stopping together: it answers proposals, and at their step it obeys the decision."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

YES, NO, OFF = "yes", "no", "off"
STALE_SECONDS = 10.0


class Store(Protocol):
    """What is used of a process group's store: nothing of it waits for another rank."""

    def check(self, keys: list[str], /) -> bool:
        """Whether all keys are there."""

    def get(self, key: str, /) -> bytes:
        """The value; waits where there is none, so that it is asked for only after `check`."""

    def set(self, key: str, value: str, /) -> None:
        """Write a value."""

    def compare_set(self, key: str, expected: str, desired: str, /) -> bytes:
        """Write `desired` where the value is `expected` ("" for none), in one piece; what the value is then."""


@dataclass(frozen=True)
class Clock:
    """Steps that this rank has closed, whether it can still count them, and the time in seconds."""

    step: Callable[[], int]
    counting: Callable[[], bool] = lambda: True
    seconds: Callable[[], float] = time.monotonic


@dataclass(frozen=True)
class Proposal:
    """All ranks stop where they have closed `at` steps, if it is decided so."""

    number: int
    at: int


class Member:
    """Of one rank. `poll` runs in a thread of ours, `should_stop` in the training loop.

    A proposal is known here before its answer goes out. The decision is "yes" only where every rank answered before
    its step, and is made once, by whoever is first: so at that step every rank finds the same decision.
    """

    def __init__(self, store: Store, rank: int, clock: Clock) -> None:
        self.stopped_at: int | None = None
        self._store = store
        self._rank = rank
        self._clock = clock
        self._lock = threading.Lock()
        self._polled = clock.seconds()
        self._proposal: Proposal | None = None
        self._refused = 0
        self._agreed = 0
        store.set(f"member/{rank}", "here")

    @property
    def agreed(self) -> bool:
        """Whether it is known here where all ranks will stop: then the store is not needed any more."""
        return 0 < self._agreed == self._newest

    def poll(self) -> bool:
        """Read what is new; whether a proposal is open."""
        with self._lock:
            began = self._clock.seconds()
            while (at := read(self._store, f"proposal/{self._newest + 1}")) is not None:
                self._proposal = Proposal(self._newest + 1, int(at))
                answer = str(self._clock.step()) if self._clock.counting() else OFF
                self._store.set(f"answer/{self._newest}/{self._rank}", answer)
            proposal = self._proposal
            if proposal is None or proposal.number <= max(self._refused, self._agreed):
                self._polled = began
                return False
            # Known ahead of its step, a decision costs the training loop no look into the store.
            if read(self._store, f"decision/{proposal.number}") == YES:
                self._agreed = proposal.number
            self._polled = began
            return True

    def should_stop(self) -> bool:
        """Whether all ranks stop here; asks the store only at the step of a proposal that nobody has decided."""
        if self.stopped_at is not None:
            return True
        if not self.agreed and self._clock.seconds() - self._polled > STALE_SECONDS:
            # This process stood still, long enough perhaps for rank 0 to go on without it.
            self.poll()
        proposal, step = self._proposal, self._clock.step()
        if proposal is None or proposal.number <= self._refused or (step < proposal.at and self._clock.counting()):
            return False
        if self._agreed != proposal.number and not decide(self._store, proposal.number, NO):
            self._refused = proposal.number
            return False
        self.stopped_at = step
        return True

    def leave(self) -> None:
        """Nobody needs to ask this rank any more."""
        self._store.set(f"left/{self._rank}", "closed")

    @property
    def _newest(self) -> int:
        return 0 if self._proposal is None else self._proposal.number


def read(store: Store, key: str) -> str | None:
    """The value, None where there is none; never waits."""
    return store.get(key).decode() if store.check([key]) else None


def decide(store: Store, number: int, wish: str) -> bool:
    """The decision on a proposal, which is `wish` only where nobody decided before: whether it is "yes"."""
    return store.compare_set(f"decision/{number}", "", wish).decode() == YES
