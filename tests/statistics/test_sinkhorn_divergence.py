import math

import numpy as np
import ot
import pytest
import torch
from torch import Tensor

from collapse_probe import statistics, toy


def gaussian(rows: int, dimensions: int, seed: int) -> Tensor:
    return torch.randn(rows, dimensions, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def entropic_cost(first: Tensor, second: Tensor, temperature: float) -> float:
    """The definition, on a plan that POT finds by alternating updates."""
    costs = torch.cdist(first, second).square().numpy()
    n, m = costs.shape
    plan = ot.bregman.sinkhorn_log(np.ones(n) / n, np.ones(m) / m, costs, temperature, stopThr=1e-8, numItermax=5000)
    return float((plan * costs).sum() + temperature * (plan * np.log(np.maximum(plan, 1e-300) * n * m)).sum())


@pytest.mark.parametrize(("n", "m", "dimensions"), [(40, 40, 2), (30, 50, 2), (25, 60, 16)])
def test_it_is_the_debiased_entropic_cost(n: int, m: int, dimensions: int) -> None:
    first, second = gaussian(n, dimensions, 0) + 0.5, gaussian(m, dimensions, 1)
    temperature = float((second - second.mean(0)).square().sum(1).mean())
    pairs = ((first, second), (first, first), (second, second))
    across, ours, theirs = (entropic_cost(one, other, temperature) for one, other in pairs)
    value = statistics.sinkhorn_divergence(generated=first, real=second, blur=1.0)
    assert value == pytest.approx(across - ours / 2 - theirs / 2, rel=1e-6)


@pytest.mark.parametrize("blur", [0.05, 0.1, 1.0])
def test_a_translation_costs_its_square_and_not_half_of_it(blur: float) -> None:
    real, shift = gaussian(60, 3, 0), gaussian(1, 3, 1)
    value = statistics.sinkhorn_divergence(generated=real + shift, real=real, blur=blur)
    assert value == pytest.approx(float(shift.square().sum()), rel=1e-6)


def test_collapsed_clouds_are_at_distance_zero_from_themselves_and_as_far_as_they_are_from_others() -> None:
    """GeomLoss raises on two identical clouds of identical points."""
    real = gaussian(50, 2, 0)
    statistic = statistics.get("sinkhorn_divergence")
    assert statistics.sinkhorn_divergence(generated=real.flip(0), real=real) == pytest.approx(0, abs=1e-9)
    for point in ([0.0, 0.0], [3.0, 4.0]):
        value = statistic.compute(torch.tensor([point] * 30, dtype=torch.float64), statistic.fit(real))
        own = statistic.fit(real)["real_own"]
        # One point: every plan is the independent one.
        expected = float((real - torch.tensor(point)).square().sum(1).mean()) - float(own) / 2
        assert value == pytest.approx(expected, rel=1e-9)
    same = torch.ones(20, 2)
    assert math.isnan(statistics.sinkhorn_divergence(generated=same, real=same))


def test_it_lies_between_its_limits() -> None:
    first, second = 2 * gaussian(60, 2, 0) + 1, gaussian(60, 2, 1)
    sharp = statistics.wasserstein(generated=first, real=second) ** 2
    assert statistics.sinkhorn_divergence(generated=first, real=second, blur=0.02) == pytest.approx(sharp, rel=0.02)
    means = float((first.mean(0) - second.mean(0)).square().sum())
    assert statistics.sinkhorn_divergence(generated=first, real=second, blur=300.0) == pytest.approx(means, rel=1e-3)


def test_the_blur_is_that_of_the_real_data_whatever_is_generated() -> None:
    real, batch = gaussian(50, 2, 0), gaussian(40, 2, 1)
    value = statistics.sinkhorn_divergence(generated=batch, real=real)
    large = statistics.sinkhorn_divergence(generated=1e3 * batch, real=1e3 * real)
    assert large == pytest.approx(1e6 * value, rel=1e-6)
    statistic = statistics.get("sinkhorn_divergence")
    state = statistic.fit(real)
    expected = 0.1**2 * float((real - real.mean(0)).square().sum(1).mean())
    assert float(state["temperature"]) == pytest.approx(expected, rel=1e-12)


def test_a_little_mass_finds_its_way_between_modes_that_are_far_apart(ring: toy.Mixture) -> None:
    """Where alternating updates stand still: after 500 rounds they are 9 % off, and 5,000 are enough."""
    generator = torch.Generator().manual_seed(0)
    batch, real = ring.sample(64, generator=generator), ring.sample(128, generator=generator)
    value = statistics.sinkhorn_divergence(generated=batch, real=real)
    exact = statistics.wasserstein(generated=batch, real=real) ** 2
    assert value == pytest.approx(exact, rel=0.05)
