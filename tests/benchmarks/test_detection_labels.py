"""What the benchmark of detection calls the truth, on courses of which it is plain."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.benchmarks.detection_runs import observed, step

WELL = [8.0]


def labelled(detection: SimpleNamespace, modes: list[float], **fields: Any) -> Any:
    return detection.labels.label(observed(detection.observed.Observed, modes, **fields))


@pytest.mark.parametrize(
    ("modes", "kind"),
    [
        (WELL * 100, "healthy"),
        (WELL * 50 + [1.0] * 2 + WELL * 48, "healthy"),  # two checks are an accident
        ([1.0] * 80 + WELL * 20, "healthy"),  # a slow start
        ([10.0] * 50 + [6.5] * 50, "healthy"),  # more modes than real data have are none to lose
        (WELL * 50 + [1.0, 1.0, 8.0, 1.0] + WELL * 46, "healthy"),
        (WELL * 50 + [5.0] * 30 + WELL * 20, "healthy"),  # narrower for a while, never by half
        ([4.7] * 100, "never_fitted"),
        ([1.0] * 50 + [5.0] * 2 + [1.0] * 48, "never_fitted"),
        ([1.0] * 97 + [5.0] * 3, "healthy"),
        ([1.0] * 98 + [5.0] * 2, "ambiguous"),  # varied for the last two checks alone
        (WELL * 40 + [2.0] * 10 + WELL * 50, "transient"),
        (WELL * 40 + [2.0] * 50 + WELL * 10, "transient"),
        (WELL * 40 + [2.0] * 52 + WELL * 8, "ambiguous"),  # back for less than a tenth
        (WELL * 40 + [5.0] * 60, "partly_collapsed"),
        (WELL * 40 + [4.0] * 60, "partly_collapsed"),  # half is not under half
        (WELL * 40 + [2.0] * 20 + [4.9] * 40, "partly_collapsed"),
        (WELL * 91 + [5.0] * 9, "ambiguous"),
        (WELL * 40 + [3.9] * 60, "collapsed"),
        (WELL * 40 + ([3.9] * 20 + [4.7] * 5) * 2 + [3.9] * 10, "collapsed"),  # lingers at half
        (WELL * 40 + ([3.9] * 10 + [4.7] * 5) * 4, "ambiguous"),
        (WELL * 90 + [1.0] * 10, "collapsed"),
        (WELL * 91 + [1.0] * 9, "ambiguous"),
        ((WELL * 8 + [5.0] * 8) * 3 + WELL * 50, "healthy"),  # turns, three times
        ((WELL * 8 + [5.0] * 8) * 4 + WELL * 36, "oscillating"),  # turns, seven times
        ((WELL * 8 + [6.0] * 8) * 4 + WELL * 36, "healthy"),  # by a quarter of the modes
    ],
)
def test_a_course_of_modes_is_called_by_its_name(detection: SimpleNamespace, modes: list[float], kind: str) -> None:
    assert len(modes) <= 100
    assert labelled(detection, modes).kind == kind


def test_a_collapse_has_two_clocks(detection: SimpleNamespace) -> None:
    found = labelled(detection, [1.0] * 5 + WELL * 15 + [6.0] * 9 + [3.0] * 71)
    assert (found.fitted, found.begin, found.settled) == (step(5), step(20), step(29))
    assert (found.kind, found.gradual, found.slack) == ("collapsed", False, 50)


def test_a_collapse_that_takes_a_tenth_of_the_run_is_gradual_or_a_twentieth_if_its_fault_is(
    detection: SimpleNamespace,
) -> None:
    assert labelled(detection, WELL * 20 + [6.0] * 10 + [3.0] * 70).gradual
    assert labelled(detection, WELL * 20 + [6.0] * 5 + [3.0] * 75, fault="latent_dwindles").gradual
    assert not labelled(detection, WELL * 20 + [6.0] * 4 + [3.0] * 76, fault="latent_dwindles").gradual
    assert not labelled(detection, WELL * 20 + [6.0] * 5 + [3.0] * 75, fault="classes_vanish").gradual


def test_begin_is_the_last_time_that_it_fell_under_four_fifths(detection: SimpleNamespace) -> None:
    found = labelled(detection, WELL * 20 + [6.0] * 10 + [6.4] * 5 + [6.0] * 5 + [3.0] * 60)
    assert (found.begin, found.settled) == (step(35), step(40))
    partly = labelled(detection, WELL * 20 + [2.0] * 10 + [5.0] * 70)
    assert (partly.begin, partly.settled, partly.dips) == (step(20), None, ())


def test_settled_is_the_first_time_under_half_from_which_nothing_comes_back(detection: SimpleNamespace) -> None:
    lingering = labelled(detection, WELL * 40 + ([3.9] * 20 + [4.7] * 5) * 2 + [3.9] * 10)
    assert lingering.settled == step(40)
    better = labelled(detection, WELL * 40 + [3.0] * 10 + [5.0] * 5 + [3.0] * 45)  # 0.625 of the peak
    assert (better.begin, better.settled) == (step(40), step(55))


def test_a_dip_lasts_until_the_run_is_back_for_three_checks(detection: SimpleNamespace) -> None:
    found = labelled(detection, WELL * 20 + [2.0] * 10 + [5.0] * 5 + WELL * 25 + [1.0] * 40)
    assert found.dips == ((step(20), step(35)),)
    assert (found.kind, found.begin, found.recovered) == ("collapsed", step(60), False)
    assert labelled(detection, WELL * 20 + [2.0] * 3 + WELL * 77).recovered
    assert not labelled(detection, WELL * 100).recovered


def test_a_dip_of_more_than_a_tenth_of_the_run_came_back_late(detection: SimpleNamespace) -> None:
    soon, late = (labelled(detection, WELL * 20 + [2.0] * n + WELL * (80 - n)) for n in (8, 13))
    assert (soon.recovered, soon.late) == (True, False)
    assert (late.recovered, late.late) == (False, True)


def test_noise_spread_over_all_classes_has_not_fitted(detection: SimpleNamespace) -> None:
    modes, quality = WELL * 10 + [2.0] * 20 + WELL * 70, np.repeat([0.01, 0.9], [10, 90])
    edge = [1.0] * 15 + [0.3] * 85
    found = labelled(detection, modes, quality=quality, edge=edge)
    assert (found.kind, found.fitted, found.dips) == ("healthy", step(30), ())
    assert labelled(detection, modes).kind == "transient"


def test_a_run_has_diverged_since_its_samples_or_losses_are_no_numbers_to_the_end(detection: SimpleNamespace) -> None:
    modes = WELL * 60 + [0.0] * 40
    found = labelled(detection, modes, finite=np.repeat([1.0, 0.0], [60, 40]))
    assert (found.kind, found.diverged, found.settled) == ("diverged", step(60), None)
    losses = labelled(detection, WELL * 100, not_finite=np.repeat([0.0, 1.0], [2480, 20]))
    assert (losses.kind, losses.diverged) == ("diverged", 2480)
    assert labelled(detection, WELL * 100, not_finite=np.repeat([0.0, 1.0], [2481, 19])).kind == "healthy"
    assert labelled(detection, WELL * 100, not_finite=np.repeat([1.0, 0.0], [2000, 500])).kind == "healthy"


def test_a_collapse_before_the_divergence_keeps_its_clocks(detection: SimpleNamespace) -> None:
    found = labelled(detection, WELL * 30 + [1.0] * 30 + [0.0] * 40, finite=np.repeat([1.0, 0.0], [60, 40]))
    assert (found.kind, found.settled, found.diverged) == ("diverged", step(30), step(60))


@pytest.mark.parametrize(
    ("edge", "onset"),
    [
        ([0.5] * 40 + [1.0] * 60, step(40)),
        ([0.5] * 40 + [0.9] * 8 + [1.0] * 52, step(40)),
        ([0.5] * 40 + [0.81] * 6 + [1.0] * 54, step(40)),  # half-way from 0.50 is under 0.81
        ([0.8] * 40 + [0.82] * 6 + [1.0] * 54, step(46)),
        ([0.5] * 40 + [0.9] * 12 + [1.0] * 48, None),  # slower than a tenth
        ([0.85] * 40 + [1.0] * 60, None),  # won already, or nearly
        ([0.5] * 5 + [1.0] * 95, None),  # from the start
        ([0.5] * 40 + [1.0] * 8 + [0.5] * 52, None),  # lost again
        ([0.5] * 94 + [1.0] * 6, None),  # nobody knows
    ],
)
def test_a_revolution_is_abrupt_and_lasts(detection: SimpleNamespace, edge: list[float], onset: int | None) -> None:
    found = labelled(detection, WELL * 100, edge=edge)
    assert found.revolution == onset
    assert found.kind == ("healthy" if onset is None else "revolution")


def test_a_rise_before_the_generator_has_fitted_is_no_revolution(detection: SimpleNamespace) -> None:
    edge = [0.5] * 40 + [1.0] * 60
    assert labelled(detection, [1.0] * 30 + WELL * 70, edge=edge).revolution == step(40)
    assert labelled(detection, [1.0] * 31 + WELL * 69, edge=edge).revolution is None
    assert labelled(detection, [1.0] * 100, edge=edge).kind == "never_fitted"


def test_an_injected_boost_dates_a_revolution_if_it_worked(detection: SimpleNamespace) -> None:
    boost = {"fault": "discriminator_leaps", "fault_from": 990, "fault_until": 2500}
    won = labelled(detection, WELL * 100, edge=[0.5] * 45 + [1.0] * 55, **boost)
    assert won.revolution == 990
    assert labelled(detection, WELL * 100, edge=0.5, **boost).kind == "healthy"
    other = boost | {"fault": "generator_rushes"}
    assert labelled(detection, WELL * 100, edge=[0.5] * 45 + [1.0] * 55, **other).revolution is None


def test_a_discriminator_that_wins_because_the_generator_broke_has_made_no_revolution(
    detection: SimpleNamespace,
) -> None:
    edge = [0.5] * 45 + [1.0] * 55
    assert labelled(detection, WELL * 47 + [1.0] * 53, edge=edge).revolution is None
    assert labelled(detection, WELL * 48 + [1.0] * 52, edge=edge).revolution == step(45)
    assert labelled(detection, WELL * 40 + [1.0] * 20 + WELL * 40, edge=edge).revolution is None
    boost = {"fault": "discriminator_leaps", "fault_from": 1140, "fault_until": 2500}
    assert labelled(detection, WELL * 45 + [1.0] * 55, edge=edge, **boost).revolution == 1140


def test_a_run_that_hops_from_mode_to_mode_oscillates_and_one_that_stays_does_not(detection: SimpleNamespace) -> None:
    run = observed(detection.observed.Observed, [1.0] * 100)
    run.truth["favourite"] = np.arange(100.0) % 4
    assert detection.labels.label(run).kind == "oscillating"
    run.truth["favourite"] = 2.0
    assert detection.labels.label(run).kind == "never_fitted"
