import math

import numpy as np
import pytest
import torch
from scipy.stats import mannwhitneyu

from collapse_probe import statistics
from collapse_probe.errors import InvalidArgument

edge = statistics.discriminator_edge


def test_it_is_the_mann_whitney_statistic_with_ties() -> None:
    random = np.random.default_rng(0)
    for n, m in ((1, 1), (5, 9), (100, 60)):
        real, fake = random.integers(0, 6, n), random.integers(0, 5, m)
        expected = 2 * mannwhitneyu(real, fake).statistic / (n * m) - 1
        assert edge(d_real=real, d_fake=fake) == pytest.approx(expected, abs=1e-12)


def test_two_gaussians_have_a_closed_form() -> None:
    generator = torch.Generator().manual_seed(0)
    real, fake = torch.randn(20_000, generator=generator) + 1, torch.randn(20_000, generator=generator)
    # AUC is Phi(1 / sqrt 2), and 2 Phi(x) - 1 is erf(x / sqrt 2).
    assert edge(d_real=real, d_fake=fake) == pytest.approx(math.erf(0.5), abs=0.01)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.int64])
def test_any_type_of_scores_is_read(dtype: torch.dtype) -> None:
    scores = torch.tensor([1, 2, 3]).to(dtype)
    assert edge(d_real=scores + 3, d_fake=scores) == 1
    assert edge(d_real=scores, d_fake=scores + 3) == -1
    assert edge(d_real=scores, d_fake=scores) == 0
    assert edge(d_real=scores.double().requires_grad_(), d_fake=scores) == 0


def test_nothing_and_what_is_not_finite_are_undefined() -> None:
    for bad in ([], [math.nan, 1.0], [math.inf], [-math.inf, 0.0]):
        assert math.isnan(edge(d_real=bad, d_fake=[0.0]))
        assert math.isnan(edge(d_real=[0.0], d_fake=bad))


def test_scores_in_columns_are_refused_and_the_sides_cannot_be_swapped() -> None:
    with pytest.raises(InvalidArgument, match=r"d_fake has shape \(3, 1\); expected one row of numbers"):
        edge(d_real=[1.0], d_fake=torch.zeros(3, 1))
    with pytest.raises(TypeError):
        edge([1.0], [0.0])  # type: ignore[misc]
