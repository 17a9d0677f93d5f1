import math

import pytest
import torch
from scipy.spatial.distance import jensenshannon

from collapse_probe import statistics, toy


def test_it_is_the_square_of_scipys_distance() -> None:
    weights = [0.5, 0.3, 0.2]
    mixture = toy.Mixture(torch.tensor([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]]), 0.1, weights=torch.tensor(weights))
    batch = mixture.centers[[0] * 2 + [1] * 7 + [2]]
    value = statistics.jensen_shannon(generated=batch, real=mixture.sample(10), modes=mixture)
    assert value == pytest.approx(jensenshannon([0.2, 0.7, 0.1], weights) ** 2, rel=1e-6)


def test_the_exact_shares_score_zero_and_nothing_in_common_ln_2(ring: toy.Mixture) -> None:
    real = ring.sample(10)
    assert statistics.jensen_shannon(generated=ring.centers, real=real, modes=ring) == pytest.approx(0, abs=1e-7)
    assert statistics.jensen_shannon(generated=0 * ring.centers, real=real, modes=ring) == pytest.approx(math.log(2))


def test_a_perfect_generator_scores_the_floor_of_the_docstring(grid: toy.Mixture, generator: torch.Generator) -> None:
    real = grid.sample(10)
    values = [
        statistics.jensen_shannon(generated=grid.sample(2500, generator=generator), real=real, modes=grid)
        for _ in range(40)
    ]
    found = torch.tensor(values)
    floor = 24 / (8 * 2500 * (1 - math.exp(-4.5)))
    # 8 n JS is chi-square with k - 1 degrees of freedom.
    assert abs(float(found.mean()) - floor) < 4 * floor * math.sqrt(2 / 24 / 40)
