import math

import pytest
import torch
from sklearn.metrics.pairwise import polynomial_kernel

from collapse_probe import statistics


def estimate(first: torch.Tensor, second: torch.Tensor) -> float:
    ours, theirs, across = (
        polynomial_kernel(one, other, degree=3, coef0=1)
        for one, other in ((first, first), (second, second), (first, second))
    )
    within = sum((k.sum() - k.trace()) / (len(k) * (len(k) - 1)) for k in (ours, theirs))
    return float(within - 2 * across.mean())


def test_it_is_the_unbiased_estimate_with_the_cubic_kernel(generator: torch.Generator) -> None:
    first = torch.randn(40, 6, generator=generator, dtype=torch.float64) + 0.5
    second = torch.randn(61, 6, generator=generator, dtype=torch.float64) + 2
    value = statistics.kernel_distance(generated=first, real=second, centered=False)
    assert value == pytest.approx(estimate(first, second), rel=1e-10)
    center = second.mean(0)
    value = statistics.kernel_distance(generated=first, real=second)
    assert value == pytest.approx(estimate(first - center, second - center), rel=1e-10)


def test_the_mean_over_subsets_agrees_with_all_pairs_and_the_seed_decides_it(generator: torch.Generator) -> None:
    first = torch.randn(400, 6, generator=generator) + 0.5
    second = torch.randn(500, 6, generator=generator)
    whole = statistics.kernel_distance(generated=first, real=second)
    subsets = [
        statistics.kernel_distance(generated=first, real=second, subset_size=100, seed=seed) for seed in (0, 0, 1)
    ]
    assert subsets[0] == subsets[1] != subsets[2]
    assert subsets == pytest.approx([whole] * 3, rel=0.1)


def test_a_shift_along_a_line_has_a_closed_form() -> None:
    """E (x x' + 1)^3 is 1 + 3 a^2 + 3 b^2 + c^2 with moments a, b, c, and likewise across: squared gaps of moments."""
    generator = torch.Generator().manual_seed(0)
    real = torch.randn(20_000, 1, generator=generator, dtype=torch.float64)
    batch = real.flip(0) + 1
    # Moments of N(1, 1) are 1, 2, 4, those of N(0, 1) are 0, 1, 0.
    value = statistics.kernel_distance(generated=batch, real=real, subset_size=20_000 // 20)
    assert value == pytest.approx(3 * 1 + 3 * 1 + 16, rel=0.08)


def test_one_law_scores_zero_on_average() -> None:
    values = []
    for seed in range(80):
        generator = torch.Generator().manual_seed(seed)
        first, second = (torch.randn(size, 4, generator=generator) for size in (40, 60))
        values.append(statistics.kernel_distance(generated=first, real=second, centered=False))
    column = torch.tensor(values)
    assert bool((column < 0).any()) and bool((column > 0).any())
    assert abs(float(column.mean())) < 3 * float(column.std()) / math.sqrt(len(column))
