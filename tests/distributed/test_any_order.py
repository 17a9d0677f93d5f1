"""Whatever the order of events, every rank that stops does so at the same step."""

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest

from .model import Rank, Ranks

Action = tuple[int, str]
SCHEDULES = 1_000


@pytest.mark.parametrize("in_lockstep", [True, False], ids=["lockstep", "independent"])
def test_in_any_order_of_events_all_ranks_stop_at_one_step(*, in_lockstep: bool) -> None:
    for seed in range(SCHEDULES):
        stops = _train(random.Random(seed), in_lockstep=in_lockstep)
        assert len(set(stops)) == 1 and stops[0] is not None, f"schedule {seed}: stopped at {stops}"


def _train(chance: random.Random, *, in_lockstep: bool) -> list[int | None]:
    """Forty events in any order, then everybody in turn until all have stopped or nobody ever will."""
    ranks = Ranks(3)
    wish_at = chance.randrange(4)

    def loop() -> None:
        while chance.random() < 0.3:
            _act(ranks, (chance.randrange(3), chance.choice(["close", "ask", "step"])), in_lockstep=in_lockstep)

    def anything() -> Action:
        return chance.choice([(0, "lead"), (chance.randrange(3), chance.choice(["close", "ask", "step", "poll"]))])

    _interrupted(ranks, loop)
    for action in [*(anything() for _ in range(40)), *_fair()]:
        ranks.wanted = ranks.wanted or ranks[0].closed >= wish_at
        _act(ranks, action, in_lockstep=in_lockstep)
        if None not in ranks.stops():
            break
    return ranks.stops()


def _interrupted(ranks: Ranks, interrupt: Callable[[], None]) -> None:
    """Training loops go on before each look into the store, also in the middle of a poll."""
    store = Interrupted(ranks.store, interrupt)
    for part in [ranks.leader, *(rank.member for rank in ranks.ranks)]:
        part._store = store


class Interrupted:
    """A store before each of whose operations something else happens."""

    def __init__(self, store: Any, interrupt: Callable[[], None]) -> None:
        self._store = store
        self._interrupt = interrupt
        self._busy = False

    def _now(self, name: str, *args: Any) -> Any:
        if not self._busy:
            self._busy = True
            self._interrupt()
            self._busy = False
        return getattr(self._store, name)(*args)

    def check(self, keys: list[str]) -> bool:
        return self._now("check", keys)

    def get(self, key: str) -> bytes:
        return self._now("get", key)

    def set(self, key: str, value: str) -> None:
        self._now("set", key, value)

    def compare_set(self, key: str, expected: str, desired: str) -> bytes:
        return self._now("compare_set", key, expected, desired)


def _fair() -> list[Action]:
    """Everybody's turn, again and again: what is to be agreed on comes about."""
    turn = [(number, action) for action in ("poll", "step") for number in range(3)]
    quiet = [(0, "lead"), *((number, "poll") for number in range(3)), (0, "lead")]
    return (quiet * 2 + turn) * 100


def _act(ranks: Ranks, action: Action, *, in_lockstep: bool) -> None:
    rank, move = ranks[action[0]], action[1]
    if move == "lead":
        ranks.lead()
    elif move == "poll":
        rank.member.poll()
    elif move == "ask":
        rank.ask()
    elif move == "step":
        _act(ranks, (rank.number, "close"), in_lockstep=in_lockstep)
        rank.ask()
    elif rank.stopped_at is None and rank.asked == rank.closed:
        # Gradients are averaged: a step ends when every rank has begun it, having asked and not stopped before.
        others_came = all(r.asked >= rank.closed and (r.stopped_at or 10**9) > rank.closed for r in ranks.ranks)
        if not in_lockstep or others_came:
            rank.closed += 1


@pytest.mark.parametrize("seed", range(5))
def test_ranks_in_threads_of_their_own_stop_at_one_step(seed: int) -> None:
    ranks = Ranks(4)
    barrier = threading.Barrier(4)
    over = threading.Event()

    def train(rank: Rank) -> None:
        wait = random.Random(100 * seed + rank.number)
        while rank.stopped_at is None and rank.closed < 5_000:
            barrier.wait(timeout=20)
            over.wait(wait.random() * 1e-4)
            rank.advance()

    def beside(rank: Rank) -> None:
        while not over.wait(0.002):
            ranks.wanted = ranks[0].closed >= 20
            if rank.number == 0:
                ranks.lead()
            rank.member.poll()

    loops: list[Any] = [threading.Thread(target=train, args=(rank,)) for rank in ranks.ranks]
    pollers = [threading.Thread(target=beside, args=(rank,)) for rank in ranks.ranks]
    for thread in loops + pollers:
        thread.start()
    for thread in loops:
        thread.join()
    over.set()
    for thread in pollers:
        thread.join()
    assert len(set(ranks.stops())) == 1 and ranks[0].stopped_at is not None
