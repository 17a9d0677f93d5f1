import math

import pytest
import torch
from torch import Tensor

from collapse_probe import statistics, toy


def coverage_by_definition(generated: list[list[float]], real: list[list[float]], k: int) -> float:
    covered = 0
    for i, point in enumerate(real):
        others = sorted(math.dist(point, other) for j, other in enumerate(real) if j != i)
        covered += any(math.dist(point, sample) <= others[k - 1] for sample in generated)
    return covered / len(real)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_it_is_the_definition(k: int, generator: torch.Generator) -> None:
    real = torch.randn(60, 3, generator=generator, dtype=torch.float64)
    generated = 0.6 * torch.randn(25, 3, generator=generator, dtype=torch.float64)
    expected = coverage_by_definition(generated.tolist(), real.tolist(), k)
    assert 0 < expected < 1
    assert statistics.coverage(generated=generated, real=real, k=k) == pytest.approx(expected, abs=1e-12)


def test_ties_count_as_inside(generator: torch.Generator) -> None:
    # Whole numbers, many at exactly the same distance.
    real = torch.randint(4, (60, 3), generator=generator).float()
    generated = torch.randint(4, (6, 3), generator=generator).float()
    expected = coverage_by_definition(generated.tolist(), real.tolist(), 5)
    assert 0 < expected < 1
    assert statistics.coverage(generated=generated, real=real) == pytest.approx(expected, abs=1e-12)


def test_identical_sets_are_covered_even_where_all_points_coincide(generator: torch.Generator) -> None:
    real = torch.randn(40, 6, generator=generator)
    assert statistics.coverage(generated=real, real=real) == 1
    same = torch.full((40, 6), 0.1)
    assert statistics.coverage(generated=same, real=same) == 1


@pytest.mark.parametrize(("n", "m"), [(50, 200), (200, 200), (400, 100)])
def test_equal_laws_score_the_expected_coverage(n: int, m: int, generator: torch.Generator) -> None:
    raw = [
        statistics.coverage(
            generated=torch.randn(n, 2, generator=generator), real=torch.randn(m, 2, generator=generator)
        )
        for _ in range(16)
    ]
    expected = 1 - math.prod((m - i) / (n + m - i) for i in range(1, 6))
    values = torch.tensor(raw)
    assert abs(float(values.mean()) - expected) < 4 * float(values.std()) / math.sqrt(16)


def test_normalised_divides_by_it(generator: torch.Generator) -> None:
    generated, real = torch.randn(100, 2, generator=generator), torch.randn(1000, 2, generator=generator)
    raw = statistics.coverage(generated=generated, real=real)
    value = statistics.coverage(generated=generated, real=real, normalised=True)
    assert isinstance(raw, float) and isinstance(value, float)
    expected = 1 - math.prod((1000 - i) / (1100 - i) for i in range(1, 6))
    assert expected == pytest.approx(0.379, abs=0.001)
    assert value == pytest.approx(raw / expected, rel=1e-12)


def test_stray_samples_do_not_hide_a_collapse(ring: toy.Mixture, collapsed_with_strays: Tensor) -> None:
    value = statistics.coverage(generated=collapsed_with_strays, real=ring.sample(1000))
    assert isinstance(value, float) and value < 0.25


def test_noise_does_not_cover_the_grid(grid: toy.Mixture, generator: torch.Generator) -> None:
    noise = 10 * torch.rand(1000, 2, generator=generator) - 5
    value = statistics.coverage(generated=noise, real=grid.sample(1000))
    assert isinstance(value, float) and value < 0.1


def test_too_few_real_samples_leave_it_undefined() -> None:
    value = statistics.coverage(generated=torch.eye(5), real=torch.eye(5))
    assert isinstance(value, float) and math.isnan(value)
    assert statistics.coverage(generated=torch.eye(6), real=torch.eye(6)) == 1
