import math

import pytest
import torch
from scipy.linalg import sqrtm

from collapse_probe import statistics, toy
from collapse_probe.statistics import AbstractStatistic


def by_definition(first: torch.Tensor, second: torch.Tensor) -> float:
    (mean, cov), (other, others) = ((part.mean(0), torch.cov(part.T).numpy()) for part in (first, second))
    spread = (cov + others - 2 * sqrtm(cov @ others).real).trace()
    return float((mean - other).square().sum() + spread)


@pytest.mark.parametrize(("n", "d"), [(400, 20), (30, 20), (15, 20)])
def test_it_is_the_definition_for_fewer_samples_than_dimensions_too(n: int, d: int, generator: torch.Generator) -> None:
    mix = torch.randn(d, d, generator=generator, dtype=torch.float64)
    first = torch.randn(n, d, generator=generator, dtype=torch.float64) @ mix + 1
    second = torch.randn(200, d, generator=generator, dtype=torch.float64)
    value = statistics.frechet_distance(generated=first, real=second)
    # The reference takes roots of eigenvalues that are zero up to rounding.
    assert value == pytest.approx(by_definition(first, second), rel=1e-9 if n > d else 1e-5)


def test_gaussians_that_are_shifted_are_the_squared_shift_apart(generator: torch.Generator) -> None:
    real = torch.randn(300, 8, generator=generator, dtype=torch.float64)
    shift = torch.arange(8.0, dtype=torch.float64)
    value = statistics.frechet_distance(generated=real + shift, real=real)
    assert value == pytest.approx(float(shift.square().sum()), rel=1e-10)


def test_gaussians_of_other_scale_have_a_closed_form(generator: torch.Generator) -> None:
    real = torch.randn(300, 8, generator=generator, dtype=torch.float64)
    real -= real.mean(0)
    trace = float(torch.cov(real.T).trace())
    value = statistics.frechet_distance(generated=0.25 * real, real=real)
    assert value == pytest.approx(0.75**2 * trace, rel=1e-10)


@pytest.mark.parametrize("rank", [1, 3, 19])
def test_covariances_without_an_inverse_are_compared_exactly(rank: int, generator: torch.Generator) -> None:
    low = torch.randn(100, rank, generator=generator, dtype=torch.float64)
    low = low @ torch.randn(rank, 40, generator=generator, dtype=torch.float64)
    assert statistics.frechet_distance(generated=low, real=low) == pytest.approx(0, abs=1e-9)
    assert statistics.frechet_distance(generated=low + 2, real=low) == pytest.approx(4 * 40, rel=1e-9)


def test_one_point_is_as_far_as_the_spread_of_the_real_data(generator: torch.Generator) -> None:
    real = torch.randn(100, 6, generator=generator, dtype=torch.float64)
    spread = float(torch.cov(real.T).trace())
    batch = (real.mean(0) + 2).repeat(30, 1)
    assert statistics.frechet_distance(generated=batch, real=real) == pytest.approx(spread + 4 * 6, rel=1e-10)


def test_it_is_blind_to_every_other_mode_missing_while_coverage_is_not(ring: toy.Mixture) -> None:
    """The gate of every test of two moments: half of the modes are gone and it says that all is well."""
    generator = torch.Generator().manual_seed(3)
    half = toy.Mixture(ring.centers[::2], ring.sigma).sample(2500, generator=generator)
    real, healthy = ring.sample(2500, generator=generator), ring.sample(2500, generator=generator)
    one = toy.Mixture(ring.centers[:1], ring.sigma).sample(2500, generator=generator)

    def measured(statistic: AbstractStatistic, batch: torch.Tensor) -> float:
        value = statistic(generated=batch, real=real)
        assert isinstance(value, float)
        return value

    blind = statistics.get("frechet_distance")
    assert measured(blind, half) < 0.005
    assert measured(blind, one) > 1
    seeing = statistics.get("coverage")
    assert measured(seeing, half) < 0.55 < 0.9 < measured(seeing, healthy)
    value = statistics.reverse_kl(generated=half, real=real, modes=ring)
    assert value == pytest.approx(math.log(2), abs=0.02)
