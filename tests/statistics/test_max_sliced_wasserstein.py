import math

import ot
import pytest
import torch

from collapse_probe import statistics, toy
from collapse_probe.statistics._quantiles import mean_power_gap, sorted_rows


def test_a_shift_in_64_dimensions_is_found_where_random_directions_miss_it() -> None:
    """POT calls the best of random directions max-sliced."""
    generator = torch.Generator().manual_seed(1)
    real, batch = (torch.randn(2000, 64, generator=generator, dtype=torch.float64) for _ in range(2))
    batch[:, 0] += 3
    value = statistics.max_sliced_wasserstein(generated=batch, real=real)
    # Not less than the difference of the means, and no more above it than chance in 64 dimensions allows.
    assert float((batch - real).mean(0).norm()) - 1e-9 <= value <= 3.15
    searched = ot.max_sliced_wasserstein_distance(batch.numpy(), real.numpy(), n_projections=500, seed=0)
    assert searched < 1.5


def test_a_shift_that_leaves_the_mean_alone_is_found_too() -> None:
    """One of 32 coordinates is stretched threefold: from 1 to 3 is 2 away; the means say nothing."""
    generator = torch.Generator().manual_seed(1)
    real, batch = (torch.randn(2000, 32, generator=generator, dtype=torch.float64) for _ in range(2))
    batch[:, 5] *= 3
    batch -= batch.mean(0) - real.mean(0)
    assert statistics.max_sliced_wasserstein(generated=batch, real=real) == pytest.approx(2, abs=0.12)


@pytest.mark.parametrize("modes", [[0], [0, 2, 4, 6], [0, 1, 2, 3, 4, 5, 6]])
def test_on_the_plane_it_is_the_largest_of_all_directions(modes: list[int], ring: toy.Mixture) -> None:
    generator = torch.Generator().manual_seed(2)
    real = ring.sample(300, generator=generator).double()
    batch = toy.Mixture(ring.centers[modes], ring.sigma).sample(200, generator=generator).double()
    angles = torch.linspace(0, math.pi, 4001, dtype=torch.float64)
    every = torch.stack([angles.cos(), angles.sin()], 1)
    largest = float(mean_power_gap(sorted_rows(every @ batch.T), sorted_rows(every @ real.T)).max().sqrt())
    value = statistics.max_sliced_wasserstein(generated=batch, real=real)
    # Between two of the 4,001 directions it may be a little larger.
    assert 0.98 * largest < value < 1.001 * largest


def test_a_translation_is_exact_and_identical_samples_are_at_distance_zero() -> None:
    real = torch.randn(80, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    shift = torch.arange(6, dtype=torch.float64)
    value = statistics.max_sliced_wasserstein(generated=real + shift, real=real)
    assert value == pytest.approx(float(shift.norm()), rel=1e-9)
    assert statistics.max_sliced_wasserstein(generated=real.flip(0), real=real) == pytest.approx(0, abs=1e-12)


def test_it_is_never_less_than_the_mean_over_directions(ring: toy.Mixture) -> None:
    batch, real = ring.centers[:3].repeat(20, 1), ring.sample(100)
    largest = statistics.max_sliced_wasserstein(generated=batch, real=real)
    assert largest > statistics.sliced_wasserstein(generated=batch, real=real) > 0
