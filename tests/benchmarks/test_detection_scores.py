"""What the benchmark of detection counts, against hand arithmetic."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from collapse_probe._records import Event

T = 1000


def event(kind: str, severity: str, step: int, onset: int | None = None, **evidence: float) -> Event:
    return Event(kind, severity, step, step if onset is None else onset, "", evidence, "")  # type: ignore[arg-type]


def run(detection: SimpleNamespace, *events: Event, verdict: str = "healthy", **clocks: Any) -> Any:
    """A judged run of 1,000 steps with these clocks and events; a stop is the first critical collapse or divergence."""
    stops = [e.step for e in events if e.severity == "critical" and e.kind in ("collapse", "divergence")]
    outcome = detection.outcomes.Outcome(min(stops, default=None), events, verdict)
    label = detection.labels.Label(**({"fitted": 100, "slack": 20} | clocks))
    return detection.judged.Judged("made-up", "setting", 0, T, "none", label, {"collapse_probe": outcome})


SETTLED = {"begin": 300, "settled": 500}


def test_a_stop_between_begin_and_settled_saves_all_and_a_later_one_its_share(detection: SimpleNamespace) -> None:
    runs = [
        run(detection, event("collapse", "critical", 400), **SETTLED),
        run(detection, event("collapse", "critical", 600), **SETTLED),
        run(detection, **SETTLED),
        run(detection, event("collapse", "critical", 280), **SETTLED),
        run(detection, event("collapse", "critical", 279), **SETTLED),
    ]
    found = detection.scores.score(runs)
    assert found.savings == (1.0, 0.8, 0.0, 1.0, 0.0)
    assert found.delays == (-0.1, 0.1, -0.22)
    assert (found.stopped, found.early) == (detection.scores.Share(3, 5), detection.scores.Share(1, 5))
    assert (found.false_stops.of, found.healthy_steps) == (0, 0)
    assert math.isnan(found.false_stops_per_10_000_steps)


def test_healthy_runs_count_their_steps_up_to_the_stop(detection: SimpleNamespace) -> None:
    stopped = run(detection, event("collapse", "warning", 200), event("collapse", "critical", 499))
    leapt = run(detection, event("revolution", "warning", 10))
    found = detection.scores.score([stopped, leapt, run(detection), run(detection, unclear="for a reason")])
    share = detection.scores.Share
    assert (found.false_stops, found.false_warnings, found.false_revolutions) == (share(1, 3), share(1, 3), share(1, 3))
    assert found.healthy_steps == 2500
    assert found.false_stops_per_10_000_steps == 4.0


def test_a_stop_of_what_would_have_recovered_is_premature(detection: SimpleNamespace) -> None:
    dips = {"dips": ((300, 400),)}
    runs = [
        run(detection, event("collapse", "critical", 350), **dips),
        run(detection, **dips),
        run(detection, oscillating=True, **dips),
        run(detection, event("collapse", "critical", 350), partly=True, begin=700, **dips),
    ]
    found = detection.scores.score(runs)
    assert found.premature == detection.scores.Share(1, 3)
    assert found.partial_stops == detection.scores.Share(1, 1)


def test_a_warning_counts_from_begin_on_if_it_still_stands_there(detection: SimpleNamespace) -> None:
    warn, back = event("collapse", "warning", 200), event("recovery", "warning", 250)
    of_revolution = event("recovery", "warning", 250, edge=0.5)
    late = event("collapse", "warning", 450)
    cases: list[tuple[list[Event], int | None]] = [
        ([], None),
        ([warn], 280),
        ([warn, back], None),
        ([warn, of_revolution], 280),
        ([warn, late], 280),
        ([warn, back, late], 450),
        ([late], 450),
        ([event("collapse", "warning", 280)], 280),
    ]
    for events, expected in cases:
        known = run(detection, *events, **SETTLED)
        assert detection.measures.warning((known, known.outcomes["collapse_probe"])) == expected


def test_leads_are_shares_of_the_run_and_those_of_gradual_collapses_are_counted(detection: SimpleNamespace) -> None:
    runs = [
        run(detection, event("collapse", "warning", step), gradual=True, **SETTLED) for step in (450, 451, 500, 620)
    ]
    found = detection.scores.score([*runs, run(detection, event("collapse", "warning", 300), **SETTLED)])
    assert found.leads_to_settled == (0.05, 0.049, 0.0, -0.12, 0.2)
    assert found.lags_to_begin == (0.15, 0.151, 0.2, 0.32, 0.0)
    assert (found.gradual_warned, found.gradual_led) == (detection.scores.Share(2, 4), detection.scores.Share(1, 4))
    assert found.warned == detection.scores.Share(5, 5)


def test_a_revolution_is_found_if_its_onset_is_within_three_hundredths(detection: SimpleNamespace) -> None:
    runs = [
        run(detection, event("revolution", "warning", 520, onset), revolution=500) for onset in (470, 530, 469, 531)
    ]
    found = detection.scores.score([*runs, run(detection, revolution=500)])
    assert (found.revolutions, found.revolutions_dated) == (
        detection.scores.Share(4, 5),
        detection.scores.Share(2, 5),
    )
    assert found.onset_errors == (0.03, 0.03, 0.031, 0.031)


def test_divergence_and_runs_that_never_fitted_are_counted_by_event_and_verdict(detection: SimpleNamespace) -> None:
    runs = [
        run(detection, event("divergence", "critical", 480), diverged=500),
        run(detection, event("divergence", "critical", 479), diverged=500),
        run(detection, event("collapse", "critical", 420), diverged=500, begin=300, settled=400),
        run(detection, event("never_fitted", "warning", 900), fitted=None, verdict="never_fitted"),
        run(detection, fitted=None, verdict="never_fitted"),
        run(detection, fitted=None),
    ]
    found = detection.scores.score(runs)
    assert found.diverged == detection.scores.Share(2, 3)
    assert (found.never_fitted.hits, found.never_fitted_verdicts.hits, found.never_fitted.of) == (1, 2, 3)


def test_intervals_are_those_of_the_textbook(detection: SimpleNamespace) -> None:
    """Of 0 of n the exact upper end is 1 - 0.025^(1/n); of n of n the lower end mirrors it."""
    none, every = detection.scores.Share(0, 150).interval, detection.scores.Share(20, 20).interval
    assert (none.low, none.high) == pytest.approx((0.0, 100 * (1 - 0.025 ** (1 / 150))))
    assert (every.low, every.high) == pytest.approx((100 * 0.025 ** (1 / 20), 100.0))
    assert detection.scores.Share(0, 0).interval is None
    assert detection.scores.median([]) is None
    assert detection.scores.median([0.25] * 3).high == 25.0


def test_saving_is_dear_and_false_stops_are_dearer(detection: SimpleNamespace) -> None:
    good = [run(detection, event("collapse", "critical", 500), **SETTLED), run(detection)]
    assert detection.crossvalidate.cost(detection.scores.score(good)) == 0.0
    missed = [run(detection, **SETTLED), run(detection)]
    assert detection.crossvalidate.cost(detection.scores.score(missed)) == 1.0
    wrong = [good[0], run(detection), run(detection, event("collapse", "critical", 500))]
    assert detection.crossvalidate.cost(detection.scores.score(wrong)) == 5.0
