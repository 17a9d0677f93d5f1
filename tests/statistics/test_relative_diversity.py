import math

import pytest
import torch

from collapse_probe import statistics, toy


def rke_by_double_loop(rows: list[list[float]], bandwidth: float) -> float:
    total = 0.0
    for first in rows:
        for second in rows:
            kernel = math.exp(-(math.dist(first, second) ** 2) / (2 * bandwidth**2))
            total += kernel**2
    return len(rows) ** 2 / total


def median_distance(rows: list[list[float]]) -> float:
    distances = sorted(math.dist(rows[i], rows[j]) for i in range(len(rows)) for j in range(i))
    return distances[(len(distances) - 1) // 2]


def test_it_is_the_ratio_of_two_double_loops_for_samples_of_one_size(generator: torch.Generator) -> None:
    real = torch.randn(40, 3, generator=generator, dtype=torch.float64)
    generated = 0.4 * torch.randn(40, 3, generator=generator, dtype=torch.float64)
    bandwidth = 0.2 * median_distance(real.tolist())
    expected = rke_by_double_loop(generated.tolist(), bandwidth) / rke_by_double_loop(real.tolist(), bandwidth)
    value = statistics.relative_diversity(generated=generated, real=real)
    assert value == pytest.approx(expected, rel=1e-9)


def test_real_against_itself_is_one(ring: toy.Mixture) -> None:
    real = ring.sample(300)
    assert statistics.relative_diversity(generated=real, real=real) == pytest.approx(1, rel=1e-9)


def test_the_size_of_the_batch_does_not_bias_it(grid: toy.Mixture) -> None:
    real = grid.sample(1000)
    for size in (64, 256, 1024):
        values = [statistics.relative_diversity(generated=grid.sample(size), real=real) for _ in range(5)]
        assert torch.tensor(values).mean() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("modes", [1, 2, 4])
def test_modes_kept_of_the_ring_are_the_ratio(ring: toy.Mixture, modes: int) -> None:
    kept = toy.Mixture(ring.centers[:: 8 // modes], ring.sigma)
    value = statistics.relative_diversity(generated=kept.sample(1000), real=ring.sample(1000))
    assert value == pytest.approx(modes / 8, rel=0.03)


def test_noise_scores_above_one(grid: toy.Mixture, generator: torch.Generator) -> None:
    noise = 10 * torch.rand(500, 2, generator=generator) - 5
    value = statistics.relative_diversity(generated=noise, real=grid.sample(500))
    assert isinstance(value, float) and value > 1.1


def test_identical_rows_are_one_effective_sample(ring: toy.Mixture) -> None:
    real = ring.sample(100)
    value = statistics.relative_diversity(generated=torch.ones(100, 2), real=real)
    bandwidth = 0.2 * median_distance(real.double().tolist())
    assert value == pytest.approx(1 / rke_by_double_loop(real.double().tolist(), bandwidth), rel=1e-6)


def test_real_data_without_spread_leave_it_undefined() -> None:
    value = statistics.relative_diversity(generated=torch.eye(2), real=torch.ones(20, 2))
    assert isinstance(value, float) and math.isnan(value)
