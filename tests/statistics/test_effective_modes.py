import math

import pytest
import torch
from torch import Tensor

from collapse_probe import statistics, toy


@pytest.mark.parametrize("modes", [1, 3, 8])
def test_equally_used_modes_are_counted(ring: toy.Mixture, modes: int) -> None:
    batch = ring.centers[:modes].repeat(10, 1)
    value = statistics.effective_modes(generated=batch, real=ring.sample(50), modes=ring)
    assert value == pytest.approx(modes, rel=1e-12)


def test_uneven_use_is_exp_of_the_entropy(ring: toy.Mixture) -> None:
    batch = ring.centers[[0] * 9 + [1]]
    expected = math.exp(-0.9 * math.log(0.9) - 0.1 * math.log(0.1))
    assert statistics.effective_modes(generated=batch, real=ring.sample(50), modes=ring) == pytest.approx(expected)


def test_a_fully_collapsed_batch_is_one_effective_mode(ring: toy.Mixture) -> None:
    batch = torch.full((256, 2), 0.123)
    assert statistics.effective_modes(generated=batch, real=ring.sample(50), modes=ring) == 1
    assert statistics.effective_modes(generated=batch, real=ring.sample(200)) == 1


def test_stray_samples_add_almost_nothing(ring: toy.Mixture, collapsed_with_strays: Tensor) -> None:
    value = statistics.effective_modes(generated=collapsed_with_strays, real=ring.sample(50), modes=ring)
    assert isinstance(value, float) and 1 < value < 1.03


def test_one_stacked_digit_read_by_a_good_classifier_is_about_one_mode(generator: torch.Generator) -> None:
    def classify(triples: Tensor) -> Tensor:
        """Reads three digits, each wrongly in 1 of 100 cases."""
        errors = torch.rand(triples.shape, generator=generator) < 0.01
        wrong = (triples + torch.randint(1, 10, triples.shape, generator=generator)) % 10
        return torch.where(errors, wrong, triples) @ torch.tensor([100, 10, 1])

    real = torch.cartesian_prod(*[torch.arange(10)] * 3)
    one_image = torch.tensor([[1, 2, 3]]).expand(26_000, 3)
    value = statistics.effective_modes(generated=one_image, real=real.repeat(5, 1), modes=classify)
    # Three independent reads, each exp(H) of (0.99, and 0.01 over nine others).
    expected = math.exp(-3 * (0.99 * math.log(0.99) + 0.01 * math.log(0.01 / 9)))
    assert expected == pytest.approx(1.264, abs=0.001)
    assert value == pytest.approx(expected, rel=0.02)
    published = statistics.mode_count(generated=one_image, real=real.repeat(5, 1), modes=classify, min_share=0.0)
    assert isinstance(published, float) and published > 27
