"""Overfitting: a discriminator that tells training data from unseen real data, for a while."""

from collections.abc import Sequence

import numpy as np
import pytest

from collapse_probe import statistics
from collapse_probe._records import Band, Event, Observation, subject
from collapse_probe.detectors._base import DetectorOptions
from collapse_probe.detectors._overfitting import Overfitting
from collapse_probe.statistics._discriminator_overfitting import chance_sd

NAME = "discriminator_overfitting"


def _events(values: Sequence[float], sd: float = 0.08, **options: float) -> list[Event]:
    detector = Overfitting(DetectorOptions(**options))  # type: ignore[arg-type]
    rows = [Observation(10 * i, {NAME: value}, {NAME: Band(0.0, sd)}) for i, value in enumerate(values)]
    return [event for row in rows if (event := detector.update(row)) is not None]


def test_the_fifth_check_warns_once_with_its_onset_and_says_how_many_pairs() -> None:
    (event,) = _events([0.0] * 10 + [0.86] * 50)
    assert (event.kind, event.severity, event.step, event.onset) == ("overfitting", "warning", 140, 100)
    assert event.message.startswith("Overfitting since step 100: ") and "in 93% of all pairs" in event.message
    assert event.evidence == {NAME: 0.86, f"{NAME}_by_chance": 0.08}
    assert subject(event) == "overfitting"


def test_four_checks_are_not_enough_and_neither_is_a_discriminator_that_is_a_little_better_on_what_it_saw() -> None:
    assert _events(([0.0] * 3 + [0.9] * 4) * 10) == []
    assert _events([0.45] * 500) == []
    assert _events([-0.9] * 500) == []


def test_a_strong_difference_among_so_few_samples_that_it_may_be_chance_is_none() -> None:
    assert _events([0.6] * 100, sd=0.13) == []
    assert _events([0.7] * 100, sd=0.13) != []


@pytest.mark.parametrize(("training", "held_out"), [(32, 32), (16, 16), (128, 128)])
def test_scores_of_one_law_never_raise_it_however_lucky_the_samples(training: int, held_out: int) -> None:
    random = np.random.default_rng(0)
    for _ in range(300):
        # The same samples at each check, as in a run: half of each score stays, half of it is new.
        lasting = random.normal(size=training), random.normal(size=held_out)
        found = []
        for _ in range(10):
            seen, unseen = (part + random.normal(size=len(part)) for part in lasting)
            found.append(statistics.discriminator_overfitting(d_training=seen, d_held_out=unseen))
        assert _events(found, sd=chance_sd(training, held_out)) == []


def test_a_dip_that_is_no_recovery_does_not_make_it_warn_again() -> None:
    assert [e.step for e in _events([0.9] * 10 + [0.4] * 10 + [0.9] * 10)] == [40]


def test_a_missing_value_is_no_news() -> None:
    assert [e.step for e in _events([0.9, 0.9, float("nan"), 0.9, float("nan"), 0.9, 0.9])] == [60]


def test_it_recovers_below_half_of_the_bar_and_can_begin_again() -> None:
    course = [0.8] * 10 + [0.4] * 10 + [0.1] * 10
    found = _events(course * 2)
    assert [(e.kind, e.step) for e in found] == [
        ("overfitting", 40),
        ("recovery", 240),
        ("overfitting", 340),
        ("recovery", 540),
    ]
    assert {subject(e) for e in found} == {"overfitting"}
    assert all(e.severity == "warning" for e in found)


def test_sensitivity_moves_the_bar_but_not_that_of_chance() -> None:
    assert _events([0.45] * 20) == []
    assert _events([0.45] * 20, sensitivity=1.5) != []
    assert _events([0.7] * 20, sensitivity=0.6) == []
    assert _events([0.45] * 20, sd=0.1, sensitivity=3.0) == []
