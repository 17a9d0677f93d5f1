import math

import numpy as np
import pytest
import torch

from collapse_probe import statistics


@pytest.mark.parametrize("n", [200, 12])
def test_it_is_the_definition_for_fewer_samples_than_dimensions_too(n: int, generator: torch.Generator) -> None:
    real = torch.randn(300, 20, generator=generator, dtype=torch.float64)
    batch = 2 * torch.randn(n, 20, generator=generator, dtype=torch.float64) + 3
    ridge = 0.05 * float(torch.cov(real.T).trace()) / 20 * np.eye(20)
    expected = np.linalg.slogdet(torch.cov(batch.T).numpy() + ridge)[1]
    expected -= np.linalg.slogdet(torch.cov(real.T).numpy() + ridge)[1]
    value = statistics.log_determinant(generated=batch, real=real, ridge=0.05)
    assert value == pytest.approx(expected, rel=1e-9)


def test_scaling_every_direction_adds_its_logarithm_twice_each(generator: torch.Generator) -> None:
    real = torch.randn(300, 5, generator=generator, dtype=torch.float64)
    value = statistics.log_determinant(generated=3 * real + 7, real=real, ridge=0.0)
    assert value == pytest.approx(2 * 5 * math.log(3), rel=1e-10)
    assert statistics.log_determinant(generated=real.flip(0) - 7, real=real) == pytest.approx(0, abs=1e-10)


def test_a_collapsed_batch_loses_all_that_the_ridge_allows(generator: torch.Generator) -> None:
    real = torch.randn(5000, 4, generator=generator, dtype=torch.float64)
    value = statistics.log_determinant(generated=torch.ones(50, 4), real=real)
    assert value == pytest.approx(4 * math.log(0.01 / 1.01), rel=0.01)


def test_real_samples_that_coincide_leave_it_undefined() -> None:
    assert math.isnan(statistics.log_determinant(generated=torch.eye(3), real=torch.zeros(4, 3)))
