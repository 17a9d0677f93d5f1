import math

import pytest
import torch
from scipy.stats import energy_distance

from collapse_probe import statistics, toy


def test_on_a_line_it_is_the_square_of_scipys(generator: torch.Generator) -> None:
    first, second = torch.randn(40, 1, generator=generator).double(), torch.randn(70, 1, generator=generator).double()
    value = statistics.energy_distance(generated=first, real=second)
    assert value == pytest.approx(energy_distance(first[:, 0].numpy(), second[:, 0].numpy()) ** 2, rel=1e-9)


def test_in_blocks_it_is_the_definition(generator: torch.Generator) -> None:
    # 2,000 rows are more than one block of a million pairs.
    first = torch.randn(600, 5, generator=generator, dtype=torch.float64) + 0.3
    second = torch.randn(2000, 5, generator=generator, dtype=torch.float64)
    across, ours, theirs = (torch.cdist(*pair).mean() for pair in ((first, second), (first, first), (second, second)))
    value = statistics.energy_distance(generated=first, real=second)
    assert value == pytest.approx(float(2 * across - ours - theirs), rel=1e-8)


def test_identical_samples_are_at_distance_zero_and_it_is_symmetric(generator: torch.Generator) -> None:
    first, second = torch.randn(50, 3, generator=generator), torch.randn(80, 3, generator=generator) + 1
    assert statistics.energy_distance(generated=first, real=first) == pytest.approx(0, abs=1e-12)
    there = statistics.energy_distance(generated=first, real=second)
    assert there == pytest.approx(statistics.energy_distance(generated=second, real=first), rel=1e-10)


def test_two_points_far_apart_are_twice_their_distance_apart() -> None:
    value = statistics.energy_distance(generated=torch.full((3, 2), 3.0), real=torch.tensor([[0.0, -1.0]] * 5))
    assert value == pytest.approx(2 * math.hypot(3, 4), rel=1e-9)


def test_one_law_scores_about_what_the_docstring_says() -> None:
    values = []
    for seed in range(60):
        generator = torch.Generator().manual_seed(seed)
        first, second = (torch.randn(size, 4, generator=generator) for size in (50, 100))
        values.append(statistics.energy_distance(generated=first, real=second))
    # E|x - x'| of a standard Gaussian in 4 dimensions is 2 Gamma(5/2) / Gamma(2).
    expected = (1 / 50 + 1 / 100) * 2 * math.gamma(2.5) / math.gamma(2)
    assert sum(values) / len(values) == pytest.approx(expected, rel=0.05)


def test_every_other_mode_missing_is_seen(ring: toy.Mixture) -> None:
    batch = ring.centers[::2].repeat(50, 1)
    real = ring.sample(1000)
    healthy = statistics.energy_distance(generated=ring.sample(200), real=real)
    assert statistics.energy_distance(generated=batch, real=real) > 2 * healthy
