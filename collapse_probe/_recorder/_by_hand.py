"""One step fed by hand: what was given becomes columns."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InvalidArgument
from ..statistics._discriminator_edge import edge
from ._options import Options
from ._scores import ScoreKind, softplus_mean, to_logits

OWN_COLUMNS = frozenset(
    {"step", "time", "canonical_loss_d", "canonical_loss_g", "d_real", "d_fake", "edge", "grad_norm_d", "grad_norm_g"}
    | {"score_gradient_g", "not_finite"}
)


def check_by_hand(options: Options) -> None:
    """Refuse options that need the calls of an attached probe."""
    for name, unasked in (("labels", (None,)), ("latents", (None, "auto"))):
        if getattr(options, name) not in unasked:
            raise InvalidArgument(f"a probe fed by hand sees no calls; give {name} to step({name}=...)")
    if options.fixed_latents is not None:
        raise InvalidArgument("fixed_latents needs the generator itself: use attach(G, D, ...), or leave it out")
    if options.held_out is not None:
        raise InvalidArgument(
            "held_out needs the discriminator itself: use attach(G, D, ...), or call "
            "statistics.discriminator_overfitting on scores of your own and give the number to step(...)"
        )
    if options.keep_best is not None and not options.keep_best[1]:
        raise InvalidArgument(
            'a probe fed by hand knows no modules; name those to keep: keep_best=("best.safetensors", {"generator": G})'
        )


def scalar(name: str, value: Any) -> float:
    """A number from a float, a 0-d or one-element tensor or array; `InvalidArgument` for anything else."""
    if type(value) is float:
        return value
    try:
        # Unlike float(), item() has no word to say on a tensor that is part of a graph.
        return float(value.item() if isinstance(value, Tensor | np.ndarray) else value)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        shape = getattr(value, "shape", None)
        came = f"{type(value).__name__}" + (f" of shape {tuple(shape)}" if shape is not None else f" {value!r}")
        remedy = f": pass its mean, e.g. {name}.mean()" if shape is not None else ""
        raise InvalidArgument(f"{name} is a {came}; expected one number{remedy}") from None


def own_scalars(scalars: Mapping[str, Any]) -> None:
    """Refuse names that the probe fills itself."""
    if not OWN_COLUMNS.isdisjoint(scalars):
        taken = min(OWN_COLUMNS & set(scalars))
        raise InvalidArgument(f"{taken!r} is a column that the probe fills itself; log yours under another name")


def numbers(losses: Mapping[str, Any], scalars: Mapping[str, Any]) -> dict[str, float]:
    """The losses and the loop's own scalars that were given; `InvalidArgument` for what is none, or is the probe's."""
    own_scalars(scalars)
    return {name: scalar(name, value) for name, value in {**losses, **scalars}.items() if value is not None}


def step_number(step: Any) -> int:
    """A step's number; `InvalidArgument` for anything else."""
    if isinstance(step, bool) or not isinstance(step, int) or step < 0:
        raise InvalidArgument(f"step is {step!r}; expected a whole number >= 0")
    return step


def host_tensor(value: Any) -> Tensor:
    """A tensor on the CPU."""
    return value.detach().cpu() if isinstance(value, Tensor) else torch.from_numpy(np.array(value))


def batch(name: str, value: Any) -> Tensor:
    """Samples (n, ...) as a tensor on the CPU."""
    tensor = host_tensor(value)
    if tensor.ndim < 2 or not len(tensor):
        raise InvalidArgument(
            f"{name} has shape {tuple(tensor.shape)}; expected a batch of samples, (n, ...) with n >= 1"
        )
    return tensor if tensor.is_floating_point() else tensor.float()


def batches(fake: Any, real: Any, known: tuple[int, ...] | None) -> tuple[Tensor | None, Tensor | None]:
    """Generated and real samples as tensors, of the shape that is known already."""
    generated = None if fake is None else batch("fake", fake)
    reals = None if real is None else batch("real", real)
    known = known or (None if reals is None else tuple(reals.shape[1:]))
    for name, given in (("fake", generated), ("real", reals)):
        if given is not None and known is not None and tuple(given.shape[1:]) != known:
            raise InvalidArgument(
                f"{name} holds samples of shape {tuple(given.shape[1:])} and the real reference {known}; "
                "bring both to one shape, e.g. by reshaping, before they are given to the probe"
            )
    return generated, reals


class HandScores:
    """Discriminator scores given by hand, real the higher: their columns."""

    def __init__(self) -> None:
        self._outside_unit = False

    @np.errstate(over="ignore", invalid="ignore")  # what diverges is recorded, not warned of
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
