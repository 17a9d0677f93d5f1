"""Discriminator revolution: balanced, then abruptly won."""

import numpy as np
import pytest

from collapse_probe._records import Event, Observation
from collapse_probe.detectors._base import DetectorOptions
from collapse_probe.detectors._revolution import Revolution

from .streams import game


def _events(observations: list[Observation], **options: float) -> list[Event]:
    detector = Revolution(DetectorOptions(**options))  # type: ignore[arg-type]
    return [e for o in observations if (e := detector.update(o)) is not None]


@pytest.mark.parametrize("seed", range(5))
def test_a_revolution_is_flagged_with_its_onset_and_becomes_critical_when_it_lasts(seed: int) -> None:
    events = _events(game([0.3] * 1500 + [0.98] * 500, [0.9] * 1500 + [4.0] * 500, seed=seed))
    assert [(e.kind, e.severity) for e in events] == [("revolution", "warning"), ("revolution", "critical")]
    assert abs(events[0].onset - 1500) <= 2
    assert events[0].step <= 1600
    assert events[1].step == events[0].step + 150
    assert events[0].evidence["log10_evidence"] >= 6


@pytest.mark.parametrize("seed", range(5))
def test_a_rise_over_a_hundred_steps_is_dated_from_its_beginning(seed: int) -> None:
    edges = [0.3] * 1000 + np.linspace(0.3, 0.98, 100).tolist() + [0.98] * 300
    [warning, *_] = _events(game(edges, [0.9] * 1400, seed=seed))
    # By its middle the error has lost half of its level, which is where a test of the change alone puts the onset.
    assert 1000 <= warning.onset <= 1050


def test_a_slow_drift_before_the_leap_moves_its_onset_by_thirty_steps_at_most() -> None:
    edges = [0.3] * 1000 + [0.55] * 300 + [0.98] * 300
    [warning, *_] = _events(game(edges, [0.9] * 1600))
    assert 1260 <= warning.onset <= 1300


def test_a_discriminator_that_wins_from_the_start_is_no_revolution() -> None:
    assert _events(game([0.97] * 3000, [3.0] * 3000)) == []


def test_a_discriminator_that_wins_little_by_little_is_no_revolution() -> None:
    rising = np.linspace(0.2, 0.97, 6000).tolist()
    assert _events(game(rising, [1.0 + edge for edge in rising])) == []


def test_a_short_spell_does_not_become_critical() -> None:
    edges = [0.3] * 500 + [0.98] * 100 + [0.3] * 500
    losses = [0.9] * 500 + [4.0] * 100 + [0.9] * 500
    assert all(e.severity == "warning" for e in _events(game(edges, losses)))


def test_the_generators_loss_is_told_of_where_it_leaps_and_is_no_condition() -> None:
    leapt, level = ([0.9] * 1000 + [loss] * 1000 for loss in (4.0, 0.9))
    edges = [0.3] * 1000 + [0.98] * 1000
    assert "the generator's loss from" in _events(game(edges, leapt))[0].message
    assert "loss" not in _events(game(edges, level))[0].message


def test_a_discriminator_that_was_good_before_and_gets_a_little_better_is_no_revolution() -> None:
    assert _events(game([0.85] * 1000 + [0.99] * 1000, [2.0] * 1000 + [6.0] * 1000)) == []


def test_balanced_play_and_missing_values_are_silent() -> None:
    assert _events(game([0.4] * 5000, [1.0] * 5000, noise=0.2)) == []
    assert _events([Observation(step, {}) for step in range(100)]) == []


def test_a_win_of_sixty_steps_is_none() -> None:
    assert _events(game([0.3] * 500 + [0.99] * 60 + [0.3] * 400, [0.9] * 960)) == []


def test_a_discriminator_that_was_ahead_for_long_before_it_won_is_no_revolution() -> None:
    edges = [0.3] * 1000 + [0.8] * 300 + [0.99] * 300
    assert _events(game(edges, [0.9] * 1600)) == []


def test_the_first_steps_of_a_run_are_no_level_to_fall_from() -> None:
    assert _events(game([0.3] * 20 + [0.99] * 600, [0.9] * 620)) == []
