import math

import pytest
import torch

from collapse_probe import statistics
from collapse_probe.errors import InvalidArgument


def copied_by_definition(generated: list[list[float]], real: list[list[float]], within: float) -> float:
    apart = sorted(min(math.dist(x, y) for j, y in enumerate(real) if j != i) for i, x in enumerate(real))
    threshold = within * apart[(len(apart) - 1) // 2]
    return sum(min(math.dist(y, x) for x in real) <= threshold for y in generated) / len(generated)


@pytest.mark.parametrize("within", [0.35, 0.6, 1.0])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_it_is_the_definition(within: float, offset: float, generator: torch.Generator) -> None:
    real = torch.randn(60, 3, generator=generator)
    generated = real[:30] + 0.4 * torch.randn(30, 3, generator=generator)
    real, generated = real + offset, generated + offset
    expected = copied_by_definition(generated.tolist(), real.tolist(), within)
    assert 0 < expected < 1
    assert statistics.copied_share(generated=generated, real=real, within=within) == pytest.approx(expected, abs=1e-12)


def test_copies_count_and_fresh_draws_of_the_same_law_hardly_do(generator: torch.Generator) -> None:
    real = torch.randn(400, 16, generator=generator)
    copies = real[:100] + 0.05 * torch.randn(100, 16, generator=generator)
    assert statistics.copied_share(generated=copies, real=real) == 1
    fresh = torch.randn(2000, 16, generator=generator)
    value = statistics.copied_share(generated=fresh, real=real)
    assert isinstance(value, float) and value < 0.01


def test_of_half_of_the_training_data_half_of_the_copies_are_seen(generator: torch.Generator) -> None:
    training = torch.randn(800, 16, generator=generator)
    value = statistics.copied_share(generated=training, real=training[:400])
    assert isinstance(value, float) and value == pytest.approx(0.5, abs=0.01)


def test_undefined_where_half_of_the_real_samples_are_repeated() -> None:
    real = torch.tensor([[0.0], [0.0], [1.0], [1.0], [5.0]])
    value = statistics.copied_share(generated=real, real=real)
    assert isinstance(value, float) and math.isnan(value)


def test_within_must_be_a_positive_number() -> None:
    with pytest.raises(InvalidArgument, match="within is 0"):
        statistics.copied_share(generated=torch.ones(4, 2), real=torch.eye(2), within=0.0)
