"""The verdict on a run, from events and tables written by hand."""

from collections.abc import Sequence
from typing import Literal

import pandas as pd
import pytest

from collapse_probe._records import Band, Event, EventKind, Verdict
from collapse_probe._verdict import judge, of_a_standstill

BANDS = {"occupancy": Band(20.0, 0.5)}
EVERY = 10
VARIED = [0.9] * 12
LOST = [0.9] * 6 + [0.1] * 6


def _event(
    kind: EventKind, step: int, *, severity: Literal["warning", "critical"] = "critical", onset: int | None = None
) -> Event:
    measured = "edge" if kind == "revolution" else "diversity"
    return Event(kind, severity, step, step if onset is None else onset, f"{kind} at {step}.", {measured: 0.5}, "Look.")


def _recovery(step: int, *, of: Literal["edge", "diversity"]) -> Event:
    return Event("recovery", "warning", step, step, "Back.", {of: 0.7}, "None.")


def _judge(
    ratios: Sequence[float],
    *events: Event,
    finished: bool = True,
    distances: Sequence[float] | None = None,
) -> Verdict:
    """The verdict on captures, ten steps apart, whose diversity is `ratios` of real data's."""
    steps = pd.RangeIndex(max(1, EVERY * len(ratios)), name="step")
    columns = {"occupancy": [20.0 * ratio for ratio in ratios]}
    if distances is not None:
        columns["sliced_wasserstein"] = list(distances)
    statistics = pd.DataFrame(columns, index=pd.Index([EVERY * i for i in range(len(ratios))], name="step"))
    verdict = judge(
        events=events,
        steps=pd.DataFrame({"loss_g": 1.0}, index=steps),
        statistics=statistics,
        bands=BANDS,
        finished=finished,
    )
    return of_a_standstill(verdict, events)


def test_a_varied_run_without_events_that_ended_is_healthy() -> None:
    verdict = _judge(VARIED)
    assert (verdict.kind, verdict.step) == ("healthy", None)
    assert "90%" in verdict.reason


def test_a_run_that_lost_its_diversity_is_collapsed_since_the_onset() -> None:
    verdict = _judge(LOST, _event("collapse", 80, severity="warning", onset=60), _event("collapse", 110, onset=60))
    assert (verdict.kind, verdict.step, verdict.reason) == ("collapsed", 60, "collapse at 110.")


def test_a_collapse_that_left_two_fifths_of_the_diversity_is_partial() -> None:
    assert _judge([1.0] * 6 + [0.45] * 6, _event("collapse", 110, onset=60)).kind == "partly_collapsed"
    assert _judge([1.0] * 6 + [0.39] * 6, _event("collapse", 110, onset=60)).kind == "collapsed"


def test_a_lasting_revolution_is_one() -> None:
    verdict = _judge(
        VARIED, _event("revolution", 60, severity="warning", onset=50), _event("revolution", 110, onset=50)
    )
    assert (verdict.kind, verdict.step) == ("revolution", 50)


def test_numbers_that_stayed_undefined_are_a_divergence() -> None:
    verdict = _judge(VARIED, _event("divergence", 50, severity="warning"), _event("divergence", 52, onset=50))
    assert (verdict.kind, verdict.step) == ("diverged", 50)


def test_a_run_that_was_told_never_fitted_and_did_not_settle_is_that() -> None:
    verdict = _judge([0.1] * 12, _event("never_fitted", 110, severity="warning", onset=0))
    assert (verdict.kind, verdict.step) == ("never_fitted", None)
    assert "at best it was 10%" in verdict.reason


def test_fewer_than_six_checks_say_too_little() -> None:
    assert _judge([0.9] * 5).kind == "insufficient_data"
    assert _judge([0.9] * 6).kind == "healthy"


def test_a_run_without_any_statistics_says_too_little_and_what_to_do() -> None:
    verdict = judge(events=[], steps=pd.DataFrame(), statistics=pd.DataFrame(), bands={}, finished=True)
    assert (verdict.kind, verdict.best_step) == ("insufficient_data", None)
    assert "real=" in verdict.reason


@pytest.mark.parametrize("ratios", [VARIED, [0.1] * 12])
def test_a_run_without_an_end_on_record_is_unfinished(ratios: list[float]) -> None:
    assert _judge(ratios, finished=False).kind == "unfinished"


def test_a_run_that_recovered_from_a_collapse_is_healthy() -> None:
    ratios = [0.9] * 6 + [0.1] * 6 + [0.9] * 6
    events = [_event("collapse", 80, severity="warning", onset=60), _event("collapse", 110, onset=60)]
    assert _judge(ratios[:12], *events).kind == "collapsed"
    assert _judge(ratios, *events, _recovery(140, of="diversity")).kind == "healthy"


def test_a_run_that_collapsed_again_after_a_recovery_is_collapsed_since_the_second_onset() -> None:
    events = [_event("collapse", 40, onset=30), _recovery(60, of="diversity"), _event("collapse", 110, onset=90)]
    verdict = _judge([0.9] * 9 + [0.1] * 3, *events)
    assert (verdict.kind, verdict.step) == ("collapsed", 90)


def test_a_run_that_narrowed_and_widened_again_is_healthy() -> None:
    narrowing = _event("collapse", 50, severity="warning", onset=50)
    assert _judge([0.9] * 4 + [0.5] * 4 + [0.9] * 4, narrowing, _recovery(110, of="diversity")).kind == "healthy"


def test_a_revolution_that_was_recovered_from_is_passed_over() -> None:
    events = [_event("revolution", 60, onset=50), _recovery(90, of="edge")]
    assert _judge(VARIED, *events).kind == "healthy"


def test_a_warning_of_a_revolution_or_of_a_divergence_alone_decides_nothing() -> None:
    events = [_event("revolution", 60, severity="warning"), _event("divergence", 70, severity="warning")]
    assert _judge(VARIED, *events).kind == "healthy"


def test_a_recovery_ends_only_what_it_is_of() -> None:
    collapse, revolution = _event("collapse", 80, onset=60), _event("revolution", 70, onset=65)
    assert _judge(LOST, revolution, collapse, _recovery(100, of="edge")).kind == "collapsed"
    assert _judge(VARIED, revolution, collapse, _recovery(100, of="diversity")).kind == "revolution"


def _stalled(severity: Literal["warning", "critical"], column: str = "grad_norm_g") -> Event:
    return Event("stalled", severity, 60, 40, "It stands still.", {column: 0.0}, "Look.")


def test_a_standstill_leaves_the_verdict_what_it_is_and_is_told_of_in_its_reason() -> None:
    for ratios, events in [
        (VARIED, []),
        (VARIED[:3], []),
        (LOST, [_event("collapse", 80, onset=60)]),
        (VARIED, [_event("revolution", 60, onset=50)]),
        ([0.1] * 40, []),
    ]:
        plain, told = _judge(ratios, *events), _judge(ratios, *events, _stalled("warning"), _stalled("critical"))
        reason = f"{plain.reason} Training stood still from step 40 on."
        assert (told.kind, told.step, told.best_step, told.reason) == (plain.kind, plain.step, plain.best_step, reason)


def test_a_standstill_that_did_not_last_or_was_recovered_from_is_passed_over() -> None:
    plain = _judge(VARIED)
    back = Event("recovery", "warning", 90, 90, "Back.", {"grad_norm_g": 1.0}, "None.")
    assert _judge(VARIED, _stalled("warning")) == plain
    assert _judge(VARIED, _stalled("warning"), _stalled("critical"), back) == plain
    collapse = _event("collapse", 80, onset=60)
    assert _judge(LOST, _stalled("critical"), collapse, back).kind == "collapsed"
    assert "stood still" in _judge(LOST, _stalled("critical"), collapse).reason


def test_a_slow_starter_that_was_told_never_fitted_and_settled_later_is_healthy() -> None:
    told = [_event("never_fitted", 60, severity="warning", onset=0), _event("never_fitted", 90, onset=0)]
    assert _judge([0.1] * 10 + [0.4] * 3, *told).kind == "healthy"
    assert _judge([0.1] * 10 + [0.4] * 2, *told).kind == "never_fitted"


def test_a_divergence_outranks_a_collapse_whichever_came_first() -> None:
    collapse, divergence = _event("collapse", 80, onset=60), _event("divergence", 100)
    assert _judge(LOST, collapse, divergence).kind == "diverged"
    assert _judge(LOST, divergence, collapse).kind == "diverged"


def test_a_collapse_outranks_a_revolution() -> None:
    assert _judge(LOST, _event("revolution", 70), _event("collapse", 80, onset=60)).kind == "collapsed"


def test_the_best_step_of_a_collapsed_run_lies_before_the_onset_even_if_a_later_capture_reads_higher() -> None:
    ratios = [0.5, 0.8, 0.8, 0.8, 0.5, 0.5, 0.1, 1.0, 1.0, 1.0, 0.1, 0.1]
    verdict = _judge(ratios, _event("collapse", 110, onset=60))
    assert verdict.best_step in (10, 20, 30)


def test_the_best_step_of_a_diverged_run_lies_before_the_onset() -> None:
    verdict = _judge([0.5] * 6 + [1.0] * 6, _event("divergence", 62, onset=60))
    assert verdict.best_step is not None
    assert verdict.best_step < 60


def test_the_best_step_may_lie_after_a_revolution_because_generators_go_on_improving() -> None:
    verdict = _judge([0.5] * 6 + [1.0] * 6, _event("revolution", 62, onset=60))
    assert verdict.kind == "revolution"
    assert verdict.best_step is not None
    assert verdict.best_step >= 60


def test_among_captures_of_nearly_the_best_diversity_the_closest_to_real_data_is_best() -> None:
    ratios = [0.2] * 3 + [1.0] * 3 + [0.95] * 3
    distances = [0.0] * 3 + [0.5, 0.5, 0.5] + [0.4, 0.1, 0.4]
    assert _judge(ratios, distances=distances).best_step == 70


def test_a_short_run_that_never_settled_is_too_early_to_tell_and_from_forty_checks_on_never_fitted() -> None:
    assert _judge([0.1] * 39).kind == "insufficient_data"
    assert _judge([0.1] * 40).kind == "never_fitted"
    assert _judge([0.1] * 40, finished=False).kind == "unfinished"
