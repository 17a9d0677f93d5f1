"""Ranks of a training without processes: each step, poll and look is made by hand."""

import torch.distributed as dist

from collapse_probe._distributed._leader import Leader
from collapse_probe._distributed._member import Clock, Member


class Rank:
    """A training loop of one rank, stepped by hand."""

    def __init__(self, ranks: "Ranks", number: int) -> None:
        self.number = number
        self.closed = 0
        self.asked = 0
        self.stopped_at: int | None = None
        self.counting = True
        self.clock = Clock(lambda: self.closed, lambda: self.counting, lambda: ranks.seconds)
        self.member = Member(ranks.store, number, self.clock)

    def advance(self, steps: int = 1) -> None:
        """Close steps, and ask after each."""
        for _ in range(steps):
            self.closed += 1
            self.ask()

    def ask(self) -> bool:
        self.asked = self.closed
        if self.member.should_stop():
            self.stopped_at = self.closed if self.stopped_at is None else self.stopped_at
        return self.stopped_at is not None


class Ranks:
    """All ranks of a training on one store, and a clock that stands still unless it is set."""

    def __init__(self, size: int, *, attached: int | None = None) -> None:
        self.seconds = 0.0
        self.store = dist.HashStore()
        self.said: list[str] = []
        self.wanted = False
        self.ranks = [Rank(self, number) for number in range(size if attached is None else attached)]
        self.leader = Leader(self.store, size, self.ranks[0].clock, tell=self.said.append)

    def __getitem__(self, number: int) -> Rank:
        return self.ranks[number]

    def lead(self) -> bool:
        return self.leader.poll(wanted=self.wanted)

    def poll(self, *numbers: int) -> None:
        for number in numbers or range(len(self.ranks)):
            self.ranks[number].member.poll()

    def settle(self) -> None:
        """Enough polls of everyone for a proposal to be made, answered and decided."""
        for _ in range(3):
            self.lead()
            self.poll()

    def stops(self) -> list[int | None]:
        return [rank.stopped_at for rank in self.ranks]

    def proposed(self, number: int) -> int | None:
        key = f"proposal/{number}"
        return int(self.store.get(key)) if self.store.check([key]) else None

    def decision(self, number: int) -> str | None:
        key = f"decision/{number}"
        return self.store.get(key).decode() if self.store.check([key]) else None
