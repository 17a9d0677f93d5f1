"""Gradient norms of an optimizer's parameters, at the moment it steps."""

import math
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from .._recorder import StepRecord

_LARGEST = float(np.finfo(np.float32).max)


def write_norm(record: StepRecord, name: str, parameters: Iterable[Tensor]) -> None:
    """Keep the Euclidean norm of all dense gradients under `name`; nothing where no parameter has one."""
    gradients = [g for p in parameters if (g := p.grad) is not None and not g.is_sparse]
    if not gradients:
        return
    on_cpu = sum(g.is_cpu for g in gradients)
    if len(gradients) > on_cpu and len({g.device for g in gradients}) > 1:
        record.on_device[name] = torch.nn.utils.get_total_norm(gradients)
        return
    # In half precision the squares would overflow.
    wide = torch.float32 if gradients[0].dtype in (torch.float16, torch.bfloat16) else None
    norms = torch._foreach_norm(gradients, 2.0, dtype=wide)
    if on_cpu:
        norm = math.hypot(*(norm.item() for norm in norms))
        record.scalars[name] = float(np.float32(norm)) if norm < _LARGEST else norm
    else:
        record.on_device[name] = torch.linalg.vector_norm(torch.stack(norms))
