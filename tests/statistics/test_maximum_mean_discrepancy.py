import math

import pytest
import torch
from sklearn.metrics.pairwise import rbf_kernel

from collapse_probe import statistics, toy


def test_it_is_the_unbiased_estimate_with_the_median_of_real_distances(generator: torch.Generator) -> None:
    first = torch.randn(40, 3, generator=generator, dtype=torch.float64) + 0.5
    second = torch.randn(61, 3, generator=generator, dtype=torch.float64)
    gamma = 1 / (2 * float(torch.pdist(second).median()) ** 2)
    ours, theirs = (rbf_kernel(part, gamma=gamma) for part in (first, second))
    within = sum((kernel.sum() - len(kernel)) / (len(kernel) * (len(kernel) - 1)) for kernel in (ours, theirs))
    expected = within - 2 * rbf_kernel(first, second, gamma=gamma).mean()
    value = statistics.maximum_mean_discrepancy(generated=first, real=second)
    assert value == pytest.approx(expected, rel=1e-9)


def test_shifted_gaussians_have_a_closed_form() -> None:
    """E k between Gaussians of unit variance is (s^2 / (s^2 + 2))^(d / 2) exp(-|mu|^2 / (2 (s^2 + 2)))."""
    generator = torch.Generator().manual_seed(0)
    real, batch = torch.randn(4000, 2, generator=generator), torch.randn(4000, 2, generator=generator)
    batch[:, 0] += 2
    width = float(torch.pdist(real[:1000]).median()) ** 2
    expected = 2 * width / (width + 2) * (1 - math.exp(-4 / (2 * (width + 2))))
    value = statistics.maximum_mean_discrepancy(generated=batch, real=real)
    assert value == pytest.approx(expected, rel=0.05)


def test_one_law_scores_zero_on_average_and_both_signs() -> None:
    values = []
    for seed in range(80):
        generator = torch.Generator().manual_seed(seed)
        first, second = (torch.randn(size, 4, generator=generator) for size in (40, 60))
        values.append(statistics.maximum_mean_discrepancy(generated=first, real=second))
    column = torch.tensor(values)
    assert bool((column < 0).any()) and bool((column > 0).any())
    assert abs(float(column.mean())) < 3 * float(column.std()) / math.sqrt(len(column))


def test_the_bandwidth_does_not_shrink_with_the_generated_samples(ring: toy.Mixture) -> None:
    statistic = statistics.get("maximum_mean_discrepancy")
    state = statistic.fit(ring.sample(500))
    width = state["doubled_square"].clone()
    collapsed = statistic.compute(ring.centers[:1].repeat(100, 1), state)
    assert torch.equal(state["doubled_square"], width)
    # One mode of 8: 1 + E k - 2 E k, where E k is the kernel of two real samples.
    assert collapsed == pytest.approx(1 - float(state["real_pair_kernel"]), abs=0.03)


def test_real_samples_that_coincide_leave_it_undefined() -> None:
    same = torch.ones(6, 2)
    assert math.isnan(statistics.maximum_mean_discrepancy(generated=torch.zeros(4, 2), real=same))
