"""Rank 0's part in stopping together: it proposes a step ahead of every rank, until one is agreed on."""

import math
from collections.abc import Callable

from ._member import NO, OFF, YES, Clock, Proposal, Store, decide, read

ANSWER_SECONDS = 30.0
"""A rank that has not answered for so long is left out: it is dead, and must not keep the others from stopping."""
JOIN_SECONDS = 5.0
"""A rank that has not attached a probe so long after rank 0 has none."""
LEAD_SECONDS = 0.5
_MOST_DOUBLINGS = 6


class Leader:
    """Proposes to stop while this is wanted; runs in rank 0's thread alone."""

    def __init__(self, store: Store, world_size: int, clock: Clock, *, tell: Callable[[str], None]) -> None:
        self._store = store
        self._ranks = range(world_size)
        self._clock = clock
        self._tell = tell
        self._began = clock.seconds()
        self._open: Proposal | None = None
        self._answers: dict[int, str] = {}
        self._proposals = 0
        self._highest = 0
        self._over = False
        self._silent_since: dict[int, float] = {}
        self._mark = (self._began, clock.step())
        self._rate: float | None = None

    def poll(self, *, wanted: bool) -> bool:
        """Take the next move; whether a proposal is open."""
        self._measure_rate()
        if self._over:
            return False
        if self._open is None:
            if wanted:
                self._propose()
        else:
            self._collect(self._open, wanted=wanted)
        return self._open is not None

    def _propose(self) -> None:
        # Answers take a few polls to come back; each attempt that came too late doubles the lead.
        doubled = 2 ** min(self._proposals, _MOST_DOUBLINGS)
        lead = max(math.ceil((self._rate or 0.0) * LEAD_SECONDS * doubled), doubled)
        at = max(self._clock.step(), self._highest) + lead
        self._proposals += 1
        self._answers = {}
        self._open = Proposal(self._proposals, at)
        self._store.set(f"proposal/{self._proposals}", str(at))

    def _collect(self, proposal: Proposal, *, wanted: bool) -> None:
        missing = [rank for rank in self._ranks if rank not in self._answers and self._is_awaited(rank, proposal)]
        off = [rank for rank, answer in self._answers.items() if answer == OFF]
        self._highest = max([self._highest, *(int(answer) for answer in self._answers.values() if answer != OFF)])
        if off:
            self._tell(
                f"the probe of rank {off[0]} has failed and counts no steps, so the ranks cannot be stopped together: "
                "should_stop stays False and training goes on; probe.events holds what was found"
            )
        if off or not wanted or self._highest >= proposal.at:
            decide(self._store, proposal.number, NO)
            self._open, self._over = None, bool(off)
        elif not missing and decide(self._store, proposal.number, YES):
            self._open, self._over = None, True
        elif not missing or read(self._store, f"decision/{proposal.number}") == NO:
            self._open = None

    def _is_awaited(self, rank: int, proposal: Proposal) -> bool:
        """Whether a rank may still answer; one that never attached, has closed its probe or is dead will not."""
        answer = read(self._store, f"answer/{proposal.number}/{rank}")
        if answer is not None:
            self._answers[rank] = answer
            self._silent_since.pop(rank, None)
            return False
        if not self._store.check([f"member/{rank}"]):
            return self._clock.seconds() - self._began < JOIN_SECONDS
        since = self._silent_since.setdefault(rank, self._clock.seconds())
        return self._clock.seconds() - since < ANSWER_SECONDS and not self._store.check([f"left/{rank}"])

    def _measure_rate(self) -> None:
        seconds, step = self._clock.seconds(), self._clock.step()
        elapsed = seconds - self._mark[0]
        if elapsed >= 1.0 or (self._rate is None and elapsed > 0):
            self._rate = max(0, step - self._mark[1]) / elapsed
        if elapsed >= 1.0:
            self._mark = (seconds, step)
