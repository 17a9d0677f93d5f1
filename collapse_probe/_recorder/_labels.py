"""Labels of a conditional GAN in the one form that statistics take."""

from typing import Any

import numpy as np
import torch
from torch import Tensor


def class_indices(labels: Any, rows: int) -> Tensor | None:
    """Class indices (n,), int64 and where the labels are, from indices or one-hot rows; None if they are neither.

    >>> class_indices([[0, 1, 0], [1, 0, 0]], 2)
    tensor([1, 0])
    """
    if labels is None:
        return None
    try:
        tensor = labels.detach() if isinstance(labels, Tensor) else torch.from_numpy(np.asarray(labels))
    except (TypeError, ValueError):
        return None
    if tensor.ndim == 2:
        tensor = tensor.argmax(1) if tensor.shape[1] > 1 else tensor[:, 0]
    if tensor.ndim != 1 or len(tensor) != rows or tensor.is_floating_point() or tensor.is_complex():
        return None
    return tensor.to(torch.int64)
