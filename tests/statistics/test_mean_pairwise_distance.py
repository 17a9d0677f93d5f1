import math

import pytest
import torch
from scipy.spatial.distance import pdist

from collapse_probe import statistics
from collapse_probe.errors import InvalidArgument
from collapse_probe.statistics import _distances


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


@pytest.mark.parametrize("numbers", [1, 300, 5000])
def test_the_size_of_the_blocks_does_not_matter(
    numbers: int, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = torch.randn(61, 4, generator=generator, dtype=torch.float64)
    monkeypatch.setattr(_distances, "_BLOCK", numbers)
    value = statistics.mean_pairwise_distance(generated=batch, real=batch)
    assert value == pytest.approx(pdist(batch.numpy()).mean(), rel=1e-12)


def test_with_cosine_it_is_the_mean_of_scipys_cosine_distances(generator: torch.Generator) -> None:
    batch = torch.randn(40, 5, generator=generator, dtype=torch.float64) + 1
    value = statistics.mean_pairwise_distance(generated=batch, real=batch + 3, metric="cosine")
    assert value == pytest.approx(pdist(batch.numpy(), "cosine").mean(), rel=1e-12)


def test_to_cosine_a_row_of_zeros_is_like_itself_and_like_no_other() -> None:
    batch = torch.tensor([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    # Distance 0 within each of the two pairs, 1 between them.
    assert statistics.mean_pairwise_distance(generated=batch, real=batch, metric="cosine") == pytest.approx(4 / 6)


@pytest.mark.parametrize("name", ["mean_pairwise_distance", "median_pairwise_distance", "nearest_neighbour_distance"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_relative_to_themselves_all_distances_are_one(name: str, metric: str, generator: torch.Generator) -> None:
    batch = torch.randn(50, 3, generator=generator)
    statistic = getattr(statistics, name)
    assert statistic(generated=batch, real=batch, relative=True, metric=metric) == pytest.approx(1, rel=1e-12)
    if metric == "euclidean":
        assert statistic(generated=3 * batch, real=batch, relative=True) == pytest.approx(3, rel=1e-6)
    assert math.isnan(statistic(generated=batch, real=torch.ones(9, 3), relative=True, metric=metric))


@pytest.mark.parametrize("name", ["mean_pairwise_distance", "median_pairwise_distance", "nearest_neighbour_distance"])
def test_an_unknown_metric_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgument, match="metric is 'manhattan'; expected 'euclidean' or 'cosine'"):
        getattr(statistics, name)(generated=torch.eye(3), real=torch.eye(3), metric="manhattan")
