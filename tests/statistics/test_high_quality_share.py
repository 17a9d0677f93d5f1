import math

import pytest
import torch

from collapse_probe import statistics, toy

CEILING = 1 - math.exp(-4.5)


@pytest.mark.parametrize("mixture", [toy.ring(8), toy.grid(5)], ids=["ring", "grid"])
def test_a_perfect_generator_scores_the_ceiling_and_not_one(mixture: toy.Mixture) -> None:
    value = statistics.high_quality_share(generated=mixture.sample(50_000), real=mixture.sample(10), modes=mixture)
    assert isinstance(value, float)
    assert abs(value - CEILING) < 4 * math.sqrt(CEILING * (1 - CEILING) / 50_000)


def test_modes_narrower_than_the_real_ones_score_above_it(ring: toy.Mixture) -> None:
    narrow = toy.ring(8, sigma=ring.sigma / 2)
    assert statistics.high_quality_share(generated=narrow.sample(2000), real=ring.sample(10), modes=ring) == 1


def test_noise_over_the_grid_scores_the_area_of_the_discs(grid: toy.Mixture, generator: torch.Generator) -> None:
    noise = 10 * torch.rand(40_000, 2, generator=generator) - 5
    area = 25 * math.pi * (3 * grid.sigma) ** 2 / 100
    value = statistics.high_quality_share(generated=noise, real=grid.sample(10), modes=grid)
    assert isinstance(value, float)
    assert abs(value - area) < 4 * math.sqrt(area * (1 - area) / 40_000)


def test_every_other_mode_is_as_good_as_all(ring: toy.Mixture) -> None:
    half = toy.Mixture(ring.centers[::2], ring.sigma)
    value = statistics.high_quality_share(generated=half.sample(20_000), real=ring.sample(10), modes=ring)
    assert value == pytest.approx(CEILING, abs=0.004)


def test_a_classifier_knows_no_quality() -> None:
    rows = torch.tensor([[0.0], [1.0]])
    value = statistics.high_quality_share(generated=rows, real=rows, modes=lambda x: x[:, 0].long())
    assert isinstance(value, float) and math.isnan(value)
