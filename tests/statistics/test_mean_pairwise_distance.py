import math

import pytest
import torch
from scipy.spatial.distance import pdist

from collapse_probe import statistics


def test_it_is_the_mean_of_scipys_pair_distances(generator: torch.Generator) -> None:
    batch = torch.randn(60, 5, generator=generator, dtype=torch.float64)
    value = statistics.mean_pairwise_distance(generated=batch, real=batch + 3)
    assert value == pytest.approx(pdist(batch.numpy()).mean(), rel=1e-12)


def test_a_standard_normal_scores_the_mean_of_a_chi_variable(generator: torch.Generator) -> None:
    # The distance of two samples is sqrt(2) chi_d, and E chi_d = sqrt(2) Gamma((d + 1) / 2) / Gamma(d / 2).
    batch = torch.randn(3000, 10, generator=generator)
    expected = 2 * math.gamma(5.5) / math.gamma(5)
    assert statistics.mean_pairwise_distance(generated=batch, real=batch[:10]) == pytest.approx(expected, rel=0.01)


def test_one_picture_has_no_spread() -> None:
    batch = torch.full((50, 3), 0.1)
    assert statistics.mean_pairwise_distance(generated=batch, real=torch.eye(3)) == 0


def test_float32_far_from_the_origin_shows_no_false_duplicates(generator: torch.Generator) -> None:
    batch = (1000 + 0.01 * torch.randn(200, 64, generator=generator)).float()
    value = statistics.mean_pairwise_distance(generated=batch, real=batch)
    assert value == pytest.approx(pdist(batch.double().numpy()).mean(), rel=1e-9)


def test_a_single_row_has_no_pairs() -> None:
    statistic = statistics.get("mean_pairwise_distance")
    value = statistic.compute(torch.zeros(1, 2), statistic.fit(torch.zeros(3, 2)))
    assert isinstance(value, float) and math.isnan(value)
