"""Rows, tensors and options in the forms that the store takes."""

import math
import platform
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .._monitor import Reference
from .._version import __version__
from ._options import Options


def run_info(options: Options) -> dict[str, Any]:
    """What run.json says of the versions and options."""
    return {
        "collapse_probe": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "options": options.described(),
        "tags": dict(options.tags),
        "value_range": list(options.value_range) if options.value_range else None,
        "total_steps": options.total_steps,
    }


def as_array(tensor: Tensor) -> np.ndarray:
    """As NumPy; bfloat16, which NumPy lacks, becomes float32."""
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).contiguous().numpy()


def reference_tensors(reference: Reference) -> dict[str, np.ndarray]:
    """The real sample and the fitted state of each statistic."""
    states = {f"{name}.{key}": tensor for name, state in reference.states.items() for key, tensor in state.items()}
    return {name: as_array(tensor) for name, tensor in {"real": reference.sample, **states}.items()}


def as_columns(rows: list[dict[str, float]]) -> dict[str, np.ndarray]:
    """Rows, whose names may differ, as columns: NaN where a row lacks one."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {
        name: np.array([row.get(name, math.nan) for row in rows], dtype=np.int64 if name == "step" else np.float64)
        for name in names
    }
