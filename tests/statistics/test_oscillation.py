import math

import numpy as np
import pytest
import torch

from collapse_probe import statistics
from collapse_probe.errors import InvalidArgument

STEPS = np.arange(240)


@pytest.mark.parametrize("period", [2, 3, 8, 40, 120])
def test_a_sine_of_whole_periods_is_all_rhythm_at_any_slope_and_scale(period: int) -> None:
    wave = np.cos(2 * np.pi * STEPS / period)
    assert statistics.oscillation(values=wave) == pytest.approx(1.0, abs=0.02)
    assert statistics.oscillation(values=1e6 + 1e-3 * wave) == pytest.approx(1.0, abs=0.02)
    assert statistics.oscillation(values=wave + 0.5 * STEPS) == pytest.approx(1.0, abs=0.02)


def test_a_period_between_two_frequencies_is_still_mostly_rhythm() -> None:
    for period in np.linspace(5, 60, 40):
        assert statistics.oscillation(values=np.sin(2 * np.pi * STEPS / period)) > 0.8


def test_a_sine_in_noise_of_its_own_variance_is_half_rhythm() -> None:
    noise = np.random.default_rng(0).normal(size=8000)
    wave = math.sqrt(2) * np.sin(2 * np.pi * np.arange(8000) / 20)
    assert statistics.oscillation(values=wave + noise) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(("length", "mean"), [(50, 0.21), (200, 0.07), (1000, 0.018)])
def test_noise_scores_what_the_docstring_says(length: int, mean: float) -> None:
    random = np.random.default_rng(1)
    values = [statistics.oscillation(values=random.normal(size=length)) for _ in range(200)]
    assert np.mean(values) == pytest.approx(mean, rel=0.05)


def test_shares_of_two_rhythms_are_those_of_their_variances() -> None:
    # 3^2 : 1^2, by the theorem of Parseval, for even and for odd lengths.
    for length in (240, 245):
        steps = np.arange(length) * (240 / length)
        waves = 3 * np.cos(2 * np.pi * steps / 8) + np.cos(2 * np.pi * steps / 40)
        assert statistics.oscillation(values=waves) == pytest.approx(0.9, abs=0.01)
    # The highest frequency has one entry in the periodogram, not two.
    zigzag = 3 * (-1.0) ** STEPS + math.sqrt(2) * np.cos(2 * np.pi * STEPS / 40)
    assert statistics.oscillation(values=zigzag) == pytest.approx(0.9, abs=0.01)


def test_zigzags_monotone_streams_and_noise_turn_as_often_as_they_should() -> None:
    assert statistics.turning_rate(values=(-1.0) ** STEPS) == 1
    assert statistics.turning_rate(values=STEPS) == statistics.turning_rate(values=np.ones(5)) == 0
    noise = np.random.default_rng(0).normal(size=20_000)
    assert statistics.turning_rate(values=torch.from_numpy(noise)) == pytest.approx(2 / 3, abs=0.01)
    assert statistics.turning_rate(values=[0, 1, 1, 1, 0]) == 1 / 3


def test_what_has_no_rhythm_to_speak_of_is_undefined() -> None:
    for values in ([], [1.0] * 7, [1.0] * 20, STEPS * 0.1, [*range(20), math.nan], [*range(20), math.inf]):
        assert math.isnan(statistics.oscillation(values=values))
    for values in ([], [1.0, 2.0], [1.0, math.nan, 2.0]):
        assert math.isnan(statistics.turning_rate(values=values))


def test_a_stream_of_vectors_is_refused() -> None:
    for measure in (statistics.oscillation, statistics.turning_rate):
        with pytest.raises(InvalidArgument, match=r"values has shape \(4, 2\); expected one row of numbers"):
            measure(values=torch.zeros(4, 2))
