import math

import torch
from torch import Tensor

from collapse_probe import statistics, toy


def test_it_is_precision_with_the_roles_exchanged(generator: torch.Generator) -> None:
    first, second = 0.5 * torch.randn(50, 3, generator=generator), torch.randn(70, 3, generator=generator)
    value = statistics.recall(generated=first, real=second)
    assert isinstance(value, float) and 0 < value < 1
    assert value == statistics.precision(generated=second, real=first)


def test_it_is_blind_to_a_collapse_with_strays_and_to_noise(
    ring: toy.Mixture, collapsed_with_strays: Tensor, generator: torch.Generator
) -> None:
    real = ring.sample(500)
    assert statistics.recall(generated=collapsed_with_strays, real=real) > 0.9
    assert statistics.recall(generated=4 * torch.rand(500, 2, generator=generator) - 2, real=real) == 1


def test_one_picture_recalls_only_its_own_copies() -> None:
    real = torch.tensor([[0.0], [0.0], [1.0], [2.0]])
    assert statistics.recall(generated=torch.zeros(9, 1), real=real) == 0.5


def test_as_many_samples_as_k_have_no_k_th_neighbour(generator: torch.Generator) -> None:
    real = torch.randn(20, 2, generator=generator)
    assert math.isnan(float(statistics.recall(generated=real[:5], real=real)))  # type: ignore[arg-type]
    assert float(statistics.recall(generated=real[:6], real=real)) > 0  # type: ignore[arg-type]
