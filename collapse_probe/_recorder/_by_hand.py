"""One step fed by hand: what was given becomes columns."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InvalidArgument
from ._scores import ScoreKind, edge, softplus_mean, to_logits

OWN_COLUMNS = frozenset(
    {"step", "time", "canonical_loss_d", "canonical_loss_g", "d_real", "d_fake", "edge", "grad_norm_d", "grad_norm_g"}
    | {"score_gradient_g", "not_finite"}
)


def scalar(name: str, value: Any) -> float:
    """A number from a float, a 0-d or one-element tensor or array; `InvalidArgument` for anything else."""
    try:
        if isinstance(value, Tensor):
            value = value.detach()
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        shape = getattr(value, "shape", None)
        came = f"{type(value).__name__}" + (f" of shape {tuple(shape)}" if shape is not None else f" {value!r}")
        remedy = f": pass its mean, e.g. {name}.mean()" if shape is not None else ""
        raise InvalidArgument(f"{name} is a {came}; expected one number{remedy}") from None


def own_scalars(scalars: Mapping[str, Any]) -> None:
    """Refuse names that the probe fills itself."""
    taken = sorted(OWN_COLUMNS & set(scalars))
    if taken:
        raise InvalidArgument(f"{taken[0]!r} is a column that the probe fills itself; log yours under another name")


def batch(name: str, value: Any) -> Tensor:
    """Samples (n, ...) as a tensor on the CPU."""
    tensor = value.detach().cpu() if isinstance(value, Tensor) else torch.from_numpy(np.array(value))
    if tensor.ndim < 2 or not len(tensor):
        raise InvalidArgument(
            f"{name} has shape {tuple(tensor.shape)}; expected a batch of samples, (n, ...) with n >= 1"
        )
    return tensor if tensor.is_floating_point() else tensor.float()


class HandScores:
    """Discriminator scores given by hand, real the higher: their columns."""

    def __init__(self) -> None:
        self._outside_unit = False

    def columns(self, d_real: Any, d_fake: Any) -> dict[str, float]:
        """`d_real`, `d_fake`, and, where there are scores of several samples, `edge` and the canonical losses."""
        sides = {
            name: _scores(name, value) for name, value in (("d_real", d_real), ("d_fake", d_fake)) if value is not None
        }
        values = {name: float(scores.mean()) for name, scores in sides.items()}
        pooled = np.concatenate(list(sides.values())) if sides else np.zeros(0)
        finite = pooled[np.isfinite(pooled)]
        if len(finite) and (finite.min() < 0 or finite.max() > 1):
            self._outside_unit = True
        kind: ScoreKind = "logit" if self._outside_unit else "probability"
        logits = {name: to_logits(scores, kind, 1.0) for name, scores in sides.items()}
        if "d_fake" in logits:
            values["canonical_loss_g"] = softplus_mean(-logits["d_fake"])
        if len(logits) == 2:
            values["canonical_loss_d"] = softplus_mean(-logits["d_real"]) + softplus_mean(logits["d_fake"])
            if min(len(scores) for scores in sides.values()) > 1:
                values["edge"] = edge(sides["d_real"], sides["d_fake"])
        return values


def _scores(name: str, value: Any) -> np.ndarray:
    array = value.detach().cpu().double().numpy() if isinstance(value, Tensor) else np.asarray(value)
    if not np.issubdtype(array.dtype, np.number) or not array.size:
        raise InvalidArgument(f"{name} is {value!r}; expected the discriminator's scores: a tensor, array or number")
    return (
        array.astype(np.float64).reshape(len(array), -1).mean(1) if array.ndim else array.astype(np.float64).reshape(1)
    )
