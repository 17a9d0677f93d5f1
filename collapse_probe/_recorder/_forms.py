"""Rows, tensors and options in the forms that the store takes."""

import math
import platform
from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .._monitor import Reference
from .._version import __version__
from ._options import Options

StepValues = tuple[int, float, Mapping[str, float]]
"""A finished step: its number, when it was measured, and its columns."""
COUNTED = frozenset(
    {"loss_d", "loss_g", "canonical_loss_d", "canonical_loss_g", "d_real", "d_fake", "grad_norm_d", "grad_norm_g"}
    | {"score_gradient_g"}
)
"""The columns whose values `not_finite` counts."""


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
    } | ({} if options.class_names is None else {"class_names": list(options.class_names)})


def as_array(tensor: Tensor) -> np.ndarray:
    """As NumPy; bfloat16, which NumPy lacks, becomes float32."""
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).contiguous().numpy()


def reference_tensors(reference: Reference, examples: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """The real sample, a few examples of each class where there are classes, and the fitted state of each statistic."""
    states = {f"{name}.{key}": tensor for name, state in reference.states.items() for key, tensor in state.items()}
    return {name: as_array(tensor) for name, tensor in {"real": reference.sample, **examples, **states}.items()}


def as_columns(rows: list[dict[str, float]]) -> dict[str, np.ndarray]:
    """Rows, whose names may differ, as columns: NaN where a row lacks one."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {
        name: np.array([row.get(name, math.nan) for row in rows], dtype=np.int64 if name == "step" else np.float64)
        for name in names
    }


def step_columns(rows: list[StepValues]) -> dict[str, np.ndarray]:
    """Finished steps as columns; mostly all have the same names, and then no value is looked up by its name."""
    steps, times, values = zip(*rows, strict=True)
    whole = {"step": np.array(steps, dtype=np.int64), "time": np.array(times, dtype=np.float64)}
    names = list(values[0])
    if any(list(row) != names for row in values):
        return whole | as_columns([dict(row) for row in values])
    numbers = np.fromiter(chain.from_iterable(row.values() for row in values), np.float64, len(names) * len(rows))
    return whole | dict(zip(names, numbers.reshape(len(rows), len(names)).T.copy(), strict=True))


def counted_not_finite(values: Mapping[str, float]) -> Mapping[str, float]:
    """The columns, with the number of those among the probe's own and the losses that are not finite, if any.

    >>> counted_not_finite({"loss_d": float("nan"), "accuracy": float("nan")})["not_finite"]
    1.0
    """
    if math.isfinite(sum(values.values())):
        return values
    # The loop's other scalars may be undefined without harm: an accuracy of nothing, say.
    bad = sum(not math.isfinite(value) for name, value in values.items() if name in COUNTED)
    return {**values, "not_finite": float(bad)} if bad else values


def other_shapes(generated: Tensor, real: Tensor) -> str:
    """Why generated samples cannot be read against real ones of another shape, and what to do."""
    return (
        f"the generator makes samples of shape {tuple(generated.shape[1:])} and the real data have "
        f"{tuple(real.shape[1:])}; pass real=... in the generator's shape, or sample=... to pick the samples from its "
        "output"
    )


def too_few(generated: Tensor, fewest: int) -> str:
    """Why a small batch of generated samples is not measured, and what to do."""
    return (
        f"a batch of {len(generated)} samples says nothing about diversity and is not measured; give at least {fewest} "
        "at a time"
    )
