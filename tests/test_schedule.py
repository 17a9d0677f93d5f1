"""When captures are due: by a fixed number of steps, or by what they cost."""

import pytest

from collapse_probe._schedule import FIRST_INTERVAL, Schedule
from collapse_probe.errors import InvalidArgument


def test_a_fixed_interval_counts_from_the_capture_that_was_taken() -> None:
    schedule = Schedule(every=7, budget=0.01)
    due = []
    for step in range(30):
        if step >= schedule.next_due:
            due.append(step)
            schedule.captured(step)
    assert due == [0, 7, 14, 21, 28]


def test_a_capture_that_came_late_does_not_bring_the_next_one_forward() -> None:
    schedule = Schedule(every=10, budget=0.01)
    schedule.captured(13)
    assert schedule.next_due == 23


def test_a_fixed_interval_does_not_move_with_what_a_capture_costs() -> None:
    schedule = Schedule(every=3, budget=0.01)
    schedule.measured(capture_seconds=100.0, step_seconds=0.001, spent_seconds=100.0)
    assert schedule.interval == 3


# With a budget of a quarter, a capture of c steps' time is paid for by 4·c steps; all numbers are exact in binary.
@pytest.mark.parametrize(
    ("capture_seconds", "interval"),
    [
        (0.0, 1),
        (0.25, 1),
        (0.25 + 2**-20, 2),
        (0.5, 2),
        (0.5 + 2**-20, 5),
        (1.25, 5),
        (1.25 + 2**-20, 10),
        (2.5, 10),
        (2.5 + 2**-20, 20),
        (5.0, 20),
        (5.0 + 2**-20, 50),
        (12.5, 50),
        (12.5 + 2**-20, 100),
        (250.0, 1000),
        (1e6, 1000),
    ],
)
def test_auto_takes_the_smallest_interval_that_the_budget_pays_for(capture_seconds: float, interval: int) -> None:
    schedule = Schedule(every="auto", budget=0.25)
    schedule.measured(capture_seconds=capture_seconds, step_seconds=1.0, spent_seconds=1e9)
    assert schedule.interval == interval
    schedule.captured(1000)
    assert schedule.next_due == 1000 + interval


def test_auto_comes_down_again_when_captures_become_cheap() -> None:
    schedule = Schedule(every="auto", budget=0.25)
    schedule.measured(capture_seconds=100.0, step_seconds=1.0, spent_seconds=100.0)
    schedule.measured(capture_seconds=0.5, step_seconds=1.0, spent_seconds=100.5)
    assert schedule.interval == 2


def test_small_networks_are_watched_closely_for_as_long_as_that_takes_a_second() -> None:
    schedule, spent, intervals = Schedule(every="auto", budget=0.01), 0.0, []
    while spent < 2.0:
        spent += 0.0078125
        schedule.measured(capture_seconds=0.0078125, step_seconds=0.003, spent_seconds=spent)
        intervals.append(schedule.interval)
    assert intervals == [50] * 127 + [500] * 129


def test_auto_keeps_its_first_interval_while_no_time_has_been_measured() -> None:
    schedule = Schedule(every="auto", budget=0.01)
    schedule.measured(capture_seconds=1.0, step_seconds=0.0, spent_seconds=1.0)
    assert schedule.interval == FIRST_INTERVAL


@pytest.mark.parametrize("every", [0, -5, 1.5, True, "often", None])
def test_an_interval_that_is_no_number_of_steps_is_refused(every: object) -> None:
    with pytest.raises(InvalidArgument, match=r'every is .*; expected a number of steps >= 1, or "auto"'):
        Schedule(every=every, budget=0.01)  # type: ignore[arg-type]


@pytest.mark.parametrize("budget", [0, -0.1, 1.5, "1%", float("nan")])
def test_a_budget_that_is_no_share_is_refused(budget: object) -> None:
    with pytest.raises(InvalidArgument, match=r"budget is .*; expected a share of training time"):
        Schedule(every="auto", budget=budget)  # type: ignore[arg-type]
