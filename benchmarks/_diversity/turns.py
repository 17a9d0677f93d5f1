"""Ours and theirs by turns."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from _claims import Claim, ratio

Call = Callable[[], object]


@dataclass(frozen=True)
class Taken:
    """Milliseconds of one call, over all threads and on the clock."""

    cpu: float
    wall: float


def interleaved(cases: dict[str, Call], rounds: int) -> dict[str, list[Taken]]:
    """What each case took in each round, in changing order; every case has run once before."""
    taken: dict[str, list[Taken]] = {name: [] for name in cases}
    for turn in range(rounds + 1):
        for name in list(cases)[:: 1 if turn % 2 else -1]:
            cpu, wall = time.process_time(), time.perf_counter()
            cases[name]()
            if turn:
                taken[name].append(Taken(1e3 * (time.process_time() - cpu), 1e3 * (time.perf_counter() - wall)))
    return taken


def share(ours: list[Taken], theirs: list[Taken], clock: str, at_most: float | None, what: str) -> Claim:
    values = ratio([getattr(one, clock) for one in ours], [getattr(one, clock) for one in theirs])
    return Claim(f"{what}, {clock} time", values.shifted(0.0, 100.0), "%", at_most=at_most)
