"""Gradient norms of an optimizer's parameters, at the moment it steps."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from .._recorder import StepRecord

_FLOAT32 = np.finfo(np.float32)
_LARGEST = float(_FLOAT32.max)
_SMALLEST_SQUARE = float(_FLOAT32.tiny / _FLOAT32.eps)
"""Below it some of the squares that count have lost digits."""


def write_norm(record: StepRecord, name: str, parameters: Sequence[Tensor]) -> None:
    """Keep the Euclidean norm of all dense gradients under `name`; nothing where no parameter has one."""
    norm = _usual_norm(parameters)
    if norm is None:
        gradients = [g for p in parameters if (g := p.grad) is not None and not g.is_sparse]
        if not gradients:
            return
        if not all(g.is_cpu for g in gradients):
            record.on_device[name] = _norm_on_device(gradients)
            return
        # A complex number is a pair of real ones.
        real = [torch.view_as_real(g) if g.is_complex() else g for g in gradients]
        norm = math.hypot(*(torch.linalg.vector_norm(g, dtype=torch.float64).item() for g in real))
    record.norms[name] = norm


def _usual_norm(parameters: Sequence[Tensor]) -> float | None:
    """By dot products, where all gradients are dense float32 ones on the CPU whose squares float32 can hold.

    Each look at a tensor costs a microsecond here, in the middle of training: a network's parameters are taken to be
    where the outermost of them are, and what no view flattens says so itself.
    """
    if not (_is_plain(parameters[0]) and _is_plain(parameters[-1])):
        return None
    square = 0.0
    try:
        for parameter in parameters:
            if (gradient := parameter.grad) is not None:
                flat = gradient.view(-1)
                square += torch.dot(flat, flat).item()
    except RuntimeError:
        return None
    return math.sqrt(square) if _SMALLEST_SQUARE < square < _LARGEST else None


def _is_plain(parameter: Tensor) -> bool:
    return parameter.dtype is torch.float32 and parameter.is_cpu


def _norm_on_device(gradients: list[Tensor]) -> Tensor:
    # In half precision the squares would overflow.
    wide = torch.float32 if gradients[0].dtype in (torch.float16, torch.bfloat16) else None
    norm: Tensor
    if len({g.device for g in gradients}) == 1:
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients, 2.0, dtype=wide)))
    else:
        norm = torch.nn.utils.get_total_norm(gradients)
    return norm
