import math

import pytest
import torch
from scipy.stats import entropy
from torch import Tensor

from collapse_probe import statistics, toy

RUNS, SAMPLES = 40, 2500


@pytest.mark.parametrize(("mixture", "modes"), [(toy.ring(8), 8), (toy.grid(5), 25)], ids=["ring", "grid"])
def test_a_perfect_generator_scores_the_floor(mixture: toy.Mixture, modes: int) -> None:
    real = mixture.sample(10)
    values = torch.tensor(
        [statistics.reverse_kl(generated=mixture.sample(SAMPLES), real=real, modes=mixture) for _ in range(RUNS)]
    )
    # 2 n KL is chi-square with k - 1 degrees of freedom, n being the samples of high quality.
    samples = SAMPLES * (1 - math.exp(-4.5))
    floor, spread = (modes - 1) / (2 * samples), math.sqrt(2 * (modes - 1)) / (2 * samples)
    assert abs(float(values.mean()) - floor) < 4 * spread / math.sqrt(RUNS)


@pytest.mark.parametrize("kept", [1, 2, 4])
def test_equal_use_of_some_modes_scores_the_log_of_the_fraction(ring: toy.Mixture, kept: int) -> None:
    batch = ring.centers[:kept].repeat(20, 1)
    value = statistics.reverse_kl(generated=batch, real=ring.sample(10), modes=ring)
    assert value == pytest.approx(math.log(8 / kept), rel=1e-6)


def test_uneven_shares_are_scipys_relative_entropy() -> None:
    weights = [0.5, 0.3, 0.2]
    mixture = toy.Mixture(torch.tensor([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]]), 0.1, weights=torch.tensor(weights))
    batch = mixture.centers[[0] * 2 + [1] * 7 + [2]]
    value = statistics.reverse_kl(generated=batch, real=mixture.sample(10), modes=mixture)
    assert value == pytest.approx(entropy([0.2, 0.7, 0.1], weights), rel=1e-6)


def test_the_exact_shares_score_zero(ring: toy.Mixture) -> None:
    assert statistics.reverse_kl(generated=ring.centers, real=ring.sample(10), modes=ring) == pytest.approx(0, abs=1e-7)


def test_nothing_of_high_quality_is_the_worst_value_and_never_nan(ring: toy.Mixture) -> None:
    middle = torch.zeros(50, 2)
    value = statistics.reverse_kl(generated=middle, real=ring.sample(10), modes=ring)
    assert value == pytest.approx(math.log(8), rel=1e-6)
    uneven = toy.Mixture(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]), 0.01, weights=torch.tensor([9.0, 1.0]))
    value = statistics.reverse_kl(generated=middle, real=uneven.sample(10), modes=uneven)
    assert value == pytest.approx(math.log(10), rel=1e-6)


def test_a_mode_at_half_weight_shows_while_the_count_stands_still(ring: toy.Mixture) -> None:
    weights = torch.ones(8)
    weights[3] = 0.5
    skewed = toy.Mixture(ring.centers, ring.sigma, weights=weights)
    batch, real = skewed.sample(10_000), ring.sample(10)
    assert statistics.mode_count(generated=batch, real=real, modes=ring) == 8
    expected = entropy((weights / 7.5).tolist(), [1 / 8] * 8)
    assert statistics.reverse_kl(generated=batch, real=real, modes=ring) == pytest.approx(expected, rel=0.25)


def test_stray_samples_do_not_hide_a_collapse(ring: toy.Mixture, collapsed_with_strays: Tensor) -> None:
    value = statistics.reverse_kl(generated=collapsed_with_strays, real=ring.sample(10), modes=ring)
    assert isinstance(value, float) and value > 2.0
