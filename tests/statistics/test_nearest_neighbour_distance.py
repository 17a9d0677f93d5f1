import itertools
import math

import pytest
import torch
from scipy.spatial import KDTree

from collapse_probe import statistics
from collapse_probe.statistics import _distances


@pytest.mark.parametrize("block", [40, 2**20])
def test_it_is_the_mean_that_a_tree_finds(
    block: int, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_distances, "_BLOCK", block)
    batch = torch.randn(150, 3, generator=generator, dtype=torch.float64)
    expected = KDTree(batch.numpy()).query(batch.numpy(), k=2)[0][:, 1].mean()
    value = statistics.nearest_neighbour_distance(generated=batch, real=batch + 5)
    assert value == pytest.approx(expected, rel=1e-12)


def nearest(rows: torch.Tensor) -> float:
    value = statistics.nearest_neighbour_distance(generated=rows, real=rows)
    assert isinstance(value, float)
    return value


@pytest.mark.parametrize("size", [2, 3, 5, 7])
def test_the_real_side_is_the_mean_over_all_subsets_of_the_size_of_the_batch(
    size: int, generator: torch.Generator
) -> None:
    real = torch.randn(7, 2, generator=generator, dtype=torch.float64)
    subsets = [nearest(real[list(chosen)]) for chosen in itertools.combinations(range(7), size)]
    batch = torch.randn(size, 2, generator=generator, dtype=torch.float64)
    value = statistics.nearest_neighbour_distance(generated=batch, real=real, relative=True)
    assert value == pytest.approx(nearest(batch) / (sum(subsets) / len(subsets)), rel=1e-12)
    # More generated than real samples: the roles are exchanged.
    inverse = statistics.nearest_neighbour_distance(generated=real, real=batch, relative=True)
    assert inverse == pytest.approx(sum(subsets) / len(subsets) / nearest(batch), rel=1e-12)


@pytest.mark.parametrize("size", [32, 256, 600])
def test_the_size_of_a_perfect_batch_does_not_bias_the_ratio(size: int, generator: torch.Generator) -> None:
    real = torch.randn(300, 4, generator=generator)
    values = torch.tensor(
        [
            statistics.nearest_neighbour_distance(
                generated=torch.randn(size, 4, generator=generator), real=real, relative=True
            )
            for _ in range(8)
        ]
    )
    # The one real sample has an error of its own, some 2 %.
    assert float(values.mean()) == pytest.approx(1, abs=0.08)


def test_random_points_in_a_square_score_half_the_root_of_the_area_of_each(generator: torch.Generator) -> None:
    # Clark and Evans: 1 / (2 sqrt(density)) for a Poisson process; edges raise it by a few per cent.
    value = nearest(torch.rand(4000, 2, generator=generator, dtype=torch.float64))
    assert value * 2 * math.sqrt(4000) == pytest.approx(1, abs=0.04)


def test_copies_are_exactly_zero_apart_at_any_offset(generator: torch.Generator) -> None:
    batch = (1000 + 0.01 * torch.randn(100, 64, generator=generator)).float()
    assert nearest(batch) > 0.05
    assert nearest(batch.repeat(2, 1)) == 0
