"""What a user hands over, as tensors that can be compared; an error says what came and what to do."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Shaped
from torch import Tensor

from ..errors import InvalidArgument


def as_sample(name: str, given: Any) -> Shaped[Tensor, "n ..."]:
    """A dense tensor of real numbers from a tensor, a NumPy array or nested lists; the values are not looked at."""
    sample = given if isinstance(given, Tensor) else _from_array(name, given)
    if sample.is_complex() or sample.layout != torch.strided:
        what, remedy = (sample.dtype, "torch.view_as_real") if sample.is_complex() else (sample.layout, "to_dense")
        raise InvalidArgument(f"{name} is {what}; expected real numbers in a dense tensor: see {remedy}")
    return sample


def check_rows(name: str, sample: Shaped[Tensor, "n ..."]) -> None:
    """Raises `InvalidArgument` unless there are two rows or more, and columns."""
    if sample.ndim != 2 or len(sample) < 2 or not sample.shape[1]:
        raise InvalidArgument(
            f"{name} has shape {tuple(sample.shape)}; expected (n, d) with n >= 2 and d >= 1: "
            f"flatten or embed the samples first, e.g. {name}.flatten(1)"
        )


def check_same_space(first: tuple[str, Tensor], second: tuple[str, Tensor]) -> None:
    """Raises `InvalidArgument` where two named samples, rows both, differ in columns."""
    (name, sample), (other_name, other) = first, second
    if sample.shape[1] != other.shape[1]:
        raise InvalidArgument(
            f"{name} has {sample.shape[1]} columns and {other_name} has {other.shape[1]}; embed both the same way"
        )


def check_device(first: tuple[str, Tensor], second: tuple[str, Tensor]) -> None:
    """Raises `InvalidArgument` where two named samples lie on different devices."""
    (name, sample), (other_name, other) = first, second
    if sample.device != other.device:
        raise InvalidArgument(
            f"{name} is on {sample.device} and {other_name} on {other.device}; move one, "
            f"e.g. {name}.to({other_name}.device)"
        )


def check_finite(name: str, sample: Shaped[Tensor, "n ..."]) -> None:
    """Raises `InvalidArgument` where a row of what others are measured by holds a NaN or an infinity."""
    bad = (~sample.isfinite()).flatten(1).any(dim=1)
    if bool(bad.any()):
        raise InvalidArgument(
            f"{name} holds NaN or infinity in {int(bad.sum())} of {len(bad)} rows, the first of them row "
            f"{int(bad.long().argmax())}; leave them out: {name}[{name}.flatten(1).isfinite().all(1)]"
        )


def _from_array(name: str, given: Any) -> Tensor:
    try:
        # Torch wants arrays that it may write to, without negative strides.
        return torch.as_tensor(np.require(given, requirements=["C", "W"]))
    except (TypeError, ValueError):
        raise InvalidArgument(
            f"{name} is a {type(given).__name__} that is no array of numbers; expected a tensor or an array (n, d)"
        ) from None
