"""Gradient norms against NumPy's in float64, whatever the gradients are like."""

import numpy as np
import pytest
import torch
from torch import Tensor

from collapse_probe._hooks._norms import write_norm
from collapse_probe._recorder import StepRecord


def parameters(*gradients: Tensor | None) -> list[Tensor]:
    made = []
    for gradient in gradients:
        made.append(torch.zeros(3) if gradient is None else torch.zeros_like(gradient))
        made[-1].grad = gradient
    return made


def norm_of(*gradients: Tensor | None) -> float | None:
    record = StepRecord()
    write_norm(record, "grad_norm_g", parameters(*gradients))
    assert not record.on_device
    return record.norms.get("grad_norm_g")


def truth(*gradients: Tensor) -> float:
    return float(np.linalg.norm(np.concatenate([g.to_dense().numpy().astype(complex).ravel() for g in gradients])))


def noise(*shape: int, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1.0, 1e12, 1e30])
def test_the_norm_is_that_of_all_gradients_together_at_any_scale(scale: float) -> None:
    weight, bias = noise(128, 128, scale=scale), noise(128, scale=3 * scale)
    assert norm_of(weight, None, bias) == pytest.approx(truth(weight, bias), rel=1e-6)


def test_gradients_that_lie_in_memory_in_another_order_count_the_same() -> None:
    kernel = noise(8, 4, 3, 3).to(memory_format=torch.channels_last)
    assert not kernel.is_contiguous()
    assert norm_of(kernel, noise(5)) == pytest.approx(truth(kernel, noise(5)), rel=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.complex64])
def test_other_types_count_the_same(dtype: torch.dtype) -> None:
    gradient = (300 * noise(1000)).to(dtype)
    expected = truth(gradient.to(torch.complex128 if dtype.is_complex else torch.float64))
    assert norm_of(gradient) == pytest.approx(expected, rel=1e-6)


def test_a_gradient_that_is_not_finite_gives_a_norm_that_is_not() -> None:
    assert np.isnan(norm_of(noise(4), torch.tensor([float("nan")])) or 0.0)
    assert norm_of(noise(4), torch.tensor([float("inf")])) == float("inf")


def test_zeros_have_the_norm_zero_and_no_gradients_have_none() -> None:
    assert norm_of(torch.zeros(4), None) == 0.0
    assert norm_of(None, None) is None
    assert norm_of(torch.zeros(4).to_sparse()) is None
