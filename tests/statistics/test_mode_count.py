import pytest
import torch
from torch import Tensor

from collapse_probe import statistics, toy


@pytest.mark.parametrize(("mixture", "modes"), [(toy.ring(8), 8), (toy.grid(5), 25)], ids=["ring", "grid"])
def test_a_perfect_generator_captures_every_mode(mixture: toy.Mixture, modes: int) -> None:
    real = mixture.sample(100)
    for _ in range(20):
        assert statistics.mode_count(generated=mixture.sample(2500), real=real, modes=mixture) == modes


def test_noise_over_the_grid_captures_nothing_and_22_modes_by_the_published_rule(
    grid: toy.Mixture, generator: torch.Generator
) -> None:
    noise = [10 * torch.rand(2500, 2, generator=generator) - 5 for _ in range(20)]
    published = [statistics.mode_count(generated=x, real=x, modes=grid, min_share=0.0) for x in noise]
    assert 20 < sum(float(value) for value in published) / 20 < 24
    assert max(float(statistics.mode_count(generated=x, real=x, modes=grid)) for x in noise) <= 1


def test_every_other_mode_of_the_ring_is_four_though_mean_and_covariance_agree(ring: toy.Mixture) -> None:
    half = toy.Mixture(ring.centers[::2], ring.sigma)
    few, many = half.sample(20_000), ring.sample(20_000)
    torch.testing.assert_close(few.mean(0), many.mean(0), atol=0.03, rtol=0)
    torch.testing.assert_close(few.T.cov(), many.T.cov(), atol=0.03, rtol=0)
    assert statistics.mode_count(generated=half.sample(2500), real=ring.sample(1000), modes=ring) == 4
    assert statistics.mode_count(generated=half.sample(2500), real=ring.sample(1000)) == 4


def test_stray_samples_are_no_modes(ring: toy.Mixture, collapsed_with_strays: Tensor) -> None:
    real = ring.sample(100)
    assert statistics.mode_count(generated=collapsed_with_strays, real=real, modes=ring) == 1
    assert statistics.mode_count(generated=collapsed_with_strays, real=real, modes=ring, min_share=0.0) == 6


def test_samples_beside_the_modes_capture_none(ring: toy.Mixture) -> None:
    beside = ring.centers.repeat(50, 1) * 1.04
    assert statistics.mode_count(generated=beside, real=ring.sample(100), modes=ring) == 0


def test_a_rare_mode_is_judged_by_its_own_share() -> None:
    weights = torch.tensor([0.98, 0.02])
    uneven = toy.Mixture(torch.tensor([[0.0, 0.0], [5.0, 0.0]]), 0.1, weights=weights)
    assert statistics.mode_count(generated=uneven.sample(1000), real=uneven.sample(1000), modes=uneven) == 2
    assert statistics.mode_count(generated=uneven.sample(1000), real=uneven.sample(1000), modes=uneven.centers) == 2


def test_min_count_asks_for_that_many(ring: toy.Mixture) -> None:
    batch = ring.centers[[0] * 5 + [1] * 4]
    real = ring.sample(100)
    assert statistics.mode_count(generated=batch, real=real, modes=ring, min_count=5) == 1
    assert statistics.mode_count(generated=batch, real=real, modes=ring, min_count=4) == 2
