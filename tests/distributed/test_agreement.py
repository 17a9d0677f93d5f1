"""Stopping together, case by case."""

from collapse_probe._distributed._leader import ANSWER_SECONDS, JOIN_SECONDS
from collapse_probe._distributed._member import STALE_SECONDS

from .model import Rank, Ranks


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
