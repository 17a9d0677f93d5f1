import math

import pytest
import torch
from scipy.stats import wasserstein_distance

from collapse_probe import statistics, toy


@pytest.mark.parametrize("dimensions", [2, 16])
def test_shifted_gaussians_are_the_shift_over_root_d_apart(dimensions: int, generator: torch.Generator) -> None:
    shift = torch.zeros(dimensions)
    shift[0] = 3.0
    real = torch.randn(3000, dimensions, generator=generator)
    generated = torch.randn(3000, dimensions, generator=generator) + shift
    value = statistics.sliced_wasserstein(generated=generated, real=real, directions=1000)
    # E (theta . mu)^2 = |mu|^2 / d; 1000 directions leave about 3 % of it to chance.
    assert value == pytest.approx(3 / math.sqrt(dimensions), rel=0.06)


def test_a_pure_translation_is_exact_along_every_direction(generator: torch.Generator) -> None:
    real = torch.randn(50, 3, generator=generator, dtype=torch.float64)
    statistic = statistics.get("sliced_wasserstein")
    state = statistic.fit(real)
    shift = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    expected = float((shift @ state["directions"]).square().mean().sqrt())
    assert statistic.compute(real + shift, state) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(7, 7), (5, 8), (12, 4), (64, 100)])
def test_unequal_sizes_agree_with_repeating_the_points(n: int, m: int, generator: torch.Generator) -> None:
    # Every point of the first sample m times and of the second n times: the same two laws, now of equal size.
    first = torch.randn(n, 1, generator=generator, dtype=torch.float64)
    second = torch.randn(m, 1, generator=generator, dtype=torch.float64) + 1
    long_first = first.repeat_interleave(m, 0).sort(dim=0).values
    long_second = second.repeat_interleave(n, 0).sort(dim=0).values
    expected = float((long_first - long_second).square().mean().sqrt())
    value = statistics.sliced_wasserstein(generated=first, real=second)
    assert value == pytest.approx(expected, rel=1e-12)


def test_it_is_at_least_the_distance_of_order_one_in_one_dimension(generator: torch.Generator) -> None:
    first, second = torch.randn(40, 1, generator=generator), torch.randn(70, 1, generator=generator) * 2
    value = statistics.sliced_wasserstein(generated=first, real=second)
    assert isinstance(value, float)
    assert value >= wasserstein_distance(first[:, 0].numpy(), second[:, 0].numpy()) - 1e-9


def test_identical_samples_are_at_distance_zero_and_it_is_symmetric(generator: torch.Generator) -> None:
    first, second = torch.randn(30, 4, generator=generator), torch.randn(45, 4, generator=generator)
    assert statistics.sliced_wasserstein(generated=first, real=first) == 0
    there = statistics.sliced_wasserstein(generated=first, real=second)
    back = statistics.sliced_wasserstein(generated=second, real=first)
    assert there == pytest.approx(back, rel=1e-12)


def test_one_mode_of_the_ring_is_about_one_away(ring: toy.Mixture) -> None:
    one_mode = toy.Mixture(ring.centers[:1], ring.sigma)
    value = statistics.sliced_wasserstein(generated=one_mode.sample(1000), real=ring.sample(1000))
    # |x - c|^2 averages 2 over the ring and directions halve it.
    assert value == pytest.approx(1.0, abs=0.08)
