"""Stopping together: whatever the order of events, every rank that stops does so at the same step."""

import random
import threading
from typing import Any

import pytest
import torch.distributed as dist
from hypothesis import given, settings
from hypothesis import strategies as st

from collapse_probe._distributed._leader import ANSWER_SECONDS, JOIN_SECONDS, Leader
from collapse_probe._distributed._member import STALE_SECONDS, Clock, Member


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


def test_nobody_stops_and_nothing_is_proposed_while_nobody_wants_to() -> None:
    ranks = Ranks(3)
    for _ in range(5):
        ranks.settle()
        for rank in ranks.ranks:
            rank.advance()
    assert ranks.stops() == [None, None, None]
    assert ranks.proposed(1) is None


def test_all_ranks_stop_at_the_proposed_step_and_not_before() -> None:
    ranks = Ranks(3)
    for rank in ranks.ranks:
        rank.advance(7)
    ranks.wanted = True
    ranks.settle()
    at = ranks.proposed(1)
    assert at is not None and at > 7
    for rank in ranks.ranks:
        rank.advance(at - 8)
        assert rank.stopped_at is None
        rank.advance(4)
    assert ranks.stops() == [at] * 3


def test_a_decision_holds_although_the_wish_has_gone() -> None:
    ranks = Ranks(2)
    ranks.wanted = True
    ranks.settle()
    ranks.wanted = False
    ranks.settle()
    for rank in ranks.ranks:
        rank.advance(3)
    assert ranks.stops() == [ranks.proposed(1)] * 2


def test_a_wish_that_goes_before_the_decision_is_dropped() -> None:
    ranks = Ranks(2)
    ranks.wanted = True
    ranks.lead()
    ranks.wanted = False
    ranks.settle()
    for rank in ranks.ranks:
        rank.advance(5)
    assert ranks.stops() == [None, None]
    assert ranks.decision(1) == "no"


def test_a_rank_that_answers_after_its_step_has_the_others_go_on_to_a_later_one() -> None:
    ranks = Ranks(2)
    ranks.wanted = True
    ranks.lead()
    late = ranks.proposed(1)
    assert late is not None
    ranks[1].advance(late + 20)
    ranks.settle()
    assert ranks.decision(1) == "no"
    ranks[0].advance(late)
    assert ranks[0].stopped_at is None
    ranks.settle()
    ranks.settle()
    again = ranks.proposed(2)
    assert again is not None and again > late + 20
    for rank in ranks.ranks:
        rank.advance(again)
    assert ranks.stops() == [again, again]


def test_a_rank_at_its_step_before_the_decision_refuses_for_all() -> None:
    ranks = Ranks(3)
    ranks.wanted = True
    ranks.lead()
    at = ranks.proposed(1)
    assert at is not None
    ranks.poll(0, 1)
    ranks[1].advance(at)
    assert ranks.decision(1) == "no"
    ranks.poll(2)
    ranks.lead()
    for number in (0, 2):
        ranks[number].advance(at)
    assert ranks.stops() == [None, None, None]


def test_a_rank_that_learns_the_decision_only_at_its_step_obeys_it() -> None:
    ranks = Ranks(2)
    ranks.wanted = True
    ranks.lead()
    ranks.poll()
    ranks.lead()
    assert ranks.decision(1) == "yes"
    for rank in ranks.ranks:
        rank.advance(ranks.proposed(1) or 0)
    assert ranks.stops() == [ranks.proposed(1)] * 2


def test_loops_that_ask_every_ten_steps_stop_at_the_same_place() -> None:
    ranks = Ranks(2)
    for rank in ranks.ranks:
        rank.advance(12)
    ranks.wanted = True
    ranks.settle()
    for rank in ranks.ranks:
        while rank.closed < 40 and rank.stopped_at is None:
            rank.closed += 1
            if rank.closed % 10 == 0:
                rank.ask()
    assert ranks.stops() == [20, 20]


def test_a_dead_rank_is_waited_for_and_then_left_out() -> None:
    ranks = Ranks(3)
    ranks.wanted = True
    alive = ranks.ranks[:2]
    while ranks.seconds < ANSWER_SECONDS + 1:
        assert all(rank.stopped_at is None for rank in alive)
        ranks.lead()
        ranks.poll(0, 1)
        for rank in alive:
            rank.advance()
        ranks.seconds += 0.5
    for _ in range(100):
        ranks.lead()
        ranks.poll(0, 1)
        for rank in alive:
            rank.advance()
    assert alive[0].stopped_at == alive[1].stopped_at is not None


def test_a_rank_that_stood_still_and_was_left_out_looks_before_it_goes_on() -> None:
    ranks = Ranks(2)
    ranks.wanted = True
    ranks.lead()
    at = ranks.proposed(1)
    ranks.lead()
    ranks.seconds = ANSWER_SECONDS + STALE_SECONDS
    ranks.poll(0)
    ranks.lead()
    assert ranks.decision(1) == "yes"
    for rank in ranks.ranks:
        rank.advance(at or 0)
    assert ranks.stops() == [at, at]


def test_a_rank_that_has_closed_its_probe_is_not_waited_for() -> None:
    ranks = Ranks(2)
    ranks[1].member.leave()
    ranks.wanted = True
    ranks.lead()
    ranks.poll(0)
    ranks.lead()
    assert ranks.decision(1) == "yes"


def test_ranks_without_a_probe_are_waited_for_only_at_the_beginning() -> None:
    ranks = Ranks(4, attached=1)
    ranks.wanted = True
    ranks.settle()
    assert ranks.decision(1) is None
    ranks.seconds = JOIN_SECONDS
    ranks.settle()
    assert ranks.decision(1) == "yes"
    ranks[0].advance(3)
    assert ranks[0].stopped_at == ranks.proposed(1)


def test_a_rank_that_attaches_after_the_decision_obeys_it() -> None:
    ranks = Ranks(2, attached=1)
    ranks.wanted, ranks.seconds = True, JOIN_SECONDS
    ranks.settle()
    ranks.ranks.append(Rank(ranks, 1))
    ranks.poll()
    for rank in ranks.ranks:
        rank.advance(3)
    assert ranks.stops() == [ranks.proposed(1)] * 2


def test_where_one_rank_cannot_count_its_steps_none_stops_and_it_is_said_once() -> None:
    ranks = Ranks(3)
    ranks[2].counting = False
    ranks.wanted = True
    for _ in range(5):
        ranks.settle()
        for rank in ranks.ranks:
            rank.advance(10)
    assert ranks.stops() == [None] * 3
    assert len(ranks.said) == 1 and "rank 2" in ranks.said[0]


def test_a_rank_that_fails_between_answer_and_step_refuses() -> None:
    ranks = Ranks(2)
    ranks.wanted = True
    ranks.lead()
    ranks.poll()
    ranks[1].counting = False
    ranks[1].ask()
    assert ranks.decision(1) == "no"
    ranks.lead()
    ranks[0].advance(5)
    assert ranks.stops() == [None, None]


def test_the_lead_follows_the_pace_of_training_and_doubles_with_each_refusal() -> None:
    ranks = Ranks(1)
    for _ in range(4):
        ranks.seconds += 1.0
        ranks[0].advance(100)
        ranks.lead()
    ranks.wanted = True
    leads = []
    for number in range(1, 4):
        ranks.lead()
        at = ranks.proposed(number)
        assert at is not None
        leads.append(at - ranks[0].closed)
        ranks.poll()
        ranks[0].advance(leads[-1])
        ranks.lead()
    assert leads == [50, 100, 200]


Schedule = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["close", "ask", "poll", "lead"])), max_size=150)


@pytest.mark.parametrize("in_lockstep", [True, False], ids=["lockstep", "independent"])
@settings(max_examples=150, deadline=None, derandomize=True)
@given(schedule=Schedule, wish_at=st.integers(0, 20))
def test_in_any_order_of_events_all_ranks_stop_at_one_step(
    schedule: list[tuple[int, str]], wish_at: int, *, in_lockstep: bool
) -> None:
    ranks = Ranks(4)
    for number, action in [*schedule, *_fair()]:
        ranks.wanted = ranks.wanted or ranks[0].closed >= wish_at
        _act(ranks, number, action, in_lockstep=in_lockstep)
    assert len(set(ranks.stops())) == 1
    assert ranks.stops() != [None] * 4


def _fair() -> list[tuple[int, str]]:
    """Everybody's turn, again and again: what is to be agreed on comes about."""
    turn = [(number, action) for action in ("poll", "close", "ask") for number in range(4)]
    quiet = [(0, "lead"), *((number, "poll") for number in range(4)), (0, "lead")]
    return (quiet * 2 + turn) * 200


def _act(ranks: Ranks, number: int, action: str, *, in_lockstep: bool) -> None:
    rank = ranks[number]
    if action == "lead":
        ranks.lead()
    elif action == "poll":
        rank.member.poll()
    elif action == "ask":
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
