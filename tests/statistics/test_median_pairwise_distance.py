import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist

from collapse_probe import statistics
from collapse_probe.statistics import _distances


@pytest.mark.parametrize("rows", [2, 3, 4, 60])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("block", [40, 2**20])
def test_it_is_the_lower_median_of_scipys_distances(
    rows: int, metric: str, block: int, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_distances, "_BLOCK", block)
    batch = torch.randn(rows, 5, generator=generator, dtype=torch.float64)
    expected = np.percentile(pdist(batch.numpy(), metric), 50, method="inverted_cdf")
    value = statistics.median_pairwise_distance(generated=batch, real=batch + 1, metric=metric)
    assert value == pytest.approx(expected, rel=1e-12)


def test_ties_are_no_trouble(generator: torch.Generator) -> None:
    batch = torch.randint(3, (80, 2), generator=generator).double()
    expected = np.percentile(pdist(batch.numpy()), 50, method="inverted_cdf")
    assert statistics.median_pairwise_distance(generated=batch, real=batch) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(("copies", "is_zero"), [(70, False), (72, True)])
def test_it_is_zero_once_half_of_all_pairs_are_one_picture(
    copies: int, is_zero: bool, generator: torch.Generator
) -> None:
    # 70 * 69 pairs of 100 * 99 are less than half, 72 * 71 more.
    batch = torch.randn(100, 3, generator=generator)
    batch[:copies] = batch[0]
    assert (statistics.median_pairwise_distance(generated=batch, real=batch) == 0) == is_zero


def test_strays_do_not_move_it(generator: torch.Generator) -> None:
    batch = torch.randn(300, 3, generator=generator)
    whole = statistics.median_pairwise_distance(generated=batch, real=batch)
    batch[:3] = 1e6
    assert statistics.median_pairwise_distance(generated=batch, real=batch) == pytest.approx(whole, rel=0.05)
