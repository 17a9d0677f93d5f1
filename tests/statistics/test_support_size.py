import math

import pytest
import torch
from torch import Tensor

from collapse_probe import statistics, toy


def test_days_of_birth_are_counted_without_bias(generator: torch.Generator) -> None:
    # C / pairs has the mean 1 / 365; its inverse has none, so the mean is taken of that.
    days = torch.arange(365.0)[:, None]
    inverse = torch.tensor(
        [
            1 / statistics.support_size(generated=10 * days[torch.randint(365, (60,), generator=generator)], real=days)
            for _ in range(300)
        ],
        dtype=torch.float64,
    )
    assert abs(float(inverse.mean()) - 1 / 365) < 4 * float(inverse.std()) / math.sqrt(300)
    assert float(inverse.mean()) == pytest.approx(1 / 365, rel=0.15)


def test_unequal_shares_count_as_one_over_the_sum_of_their_squares(generator: torch.Generator) -> None:
    shares = torch.tensor([0.7, 0.1, 0.1, 0.1])
    pictures = 1000 * torch.eye(4)
    batch = pictures[torch.multinomial(shares, 2000, replacement=True, generator=generator)]
    value = statistics.support_size(generated=batch, real=torch.randn(50, 4, generator=generator))
    assert value == pytest.approx(1 / float(shares.square().sum()), rel=0.06)


def test_one_picture_is_one_and_no_coincidence_is_infinite() -> None:
    real = torch.arange(20.0)[:, None]
    assert statistics.support_size(generated=torch.zeros(9, 1), real=real) == 1
    assert statistics.support_size(generated=5 * real, real=real) == math.inf


def test_strays_do_not_hide_a_collapse(ring: toy.Mixture, collapsed_with_strays: Tensor) -> None:
    real = ring.sample(1000)
    healthy = statistics.support_size(generated=ring.sample(2500), real=real)
    collapsed = statistics.support_size(generated=collapsed_with_strays, real=real)
    assert isinstance(healthy, float) and isinstance(collapsed, float)
    assert healthy / collapsed == pytest.approx(8, rel=0.1)
