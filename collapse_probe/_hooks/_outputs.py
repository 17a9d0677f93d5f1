"""Picking the samples, the scores and the batch out of whatever the modules take and return."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from torch import Tensor

from ..errors import InvalidArgument


def tensors_in(value: Any, depth: int = 4) -> Iterator[Tensor]:
    """Every floating-point tensor in a tensor, tuple, list, dict or data class, in order, up to `depth` deep."""
    if isinstance(value, Tensor):
        if value.is_floating_point():
            yield value
    elif depth and isinstance(value, dict):
        yield from _each(value.values(), depth - 1)
    elif depth and isinstance(value, list | tuple):
        yield from _each(value, depth - 1)
    elif depth and dataclasses.is_dataclass(value):
        yield from _each(vars(value).values(), depth - 1)


def samples_of(output: Any, pick: Callable[..., Tensor] | None) -> Tensor | None:
    """The generated samples (n, ...) in G's output: what `pick` says, else its first tensor with two dimensions."""
    if pick is not None:
        return _picked(pick(output), "sample")
    return next((t for t in tensors_in(output) if t.ndim >= 2), None)


def scores_of(output: Any, inputs: Tensor, pick: Callable[..., Tensor] | None) -> Tensor | None:
    """The scores in D's output: what `pick` says, else the first tensor with as many rows as the batch has.

    Of a dictionary the usual names go first. It is the very tensor that the loss is computed from, so that a hook on
    it sees the gradient.
    """
    if pick is not None:
        return _picked(pick(output), "score")
    if isinstance(output, dict):
        output = [output[name] for name in ("adv_output", "logits", "score") if name in output] or output
    found = list(tensors_in(output))
    return next((t for t in found if t.ndim and len(t) == len(inputs)), found[0] if found else None)


def row_means(scores: Tensor) -> Tensor:
    """One number a sample (n,): a map of patch scores counts by its mean."""
    scores = scores.detach()
    rows = scores.shape[0] if scores.ndim else 1
    # One score a sample is the rule, and each operation saved here is saved at every call of the discriminator.
    return scores.reshape(-1) if scores.numel() == rows else scores.reshape(rows, -1).mean(1)


def inputs_of(args: tuple[Any, ...], kwargs: dict[str, Any], shape: tuple[int, ...] | None) -> Tensor | None:
    """The batch among D's arguments: the first tensor of the generator's shape, else the first with two dimensions."""
    candidates = [t for t in tensors_in([*args, *kwargs.values()]) if t.ndim >= 2]
    alike = [t for t in candidates if tuple(t.shape[1:]) == shape]
    return next(iter(alike or candidates), None)


def same_storage(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors lie in the same memory, in part or as a whole."""
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


def _each(values: Iterable[Any], depth: int) -> Iterator[Tensor]:
    for value in values:
        yield from tensors_in(value, depth)


def _picked(value: Any, option: str) -> Tensor:
    if not isinstance(value, Tensor):
        raise InvalidArgument(f"{option}=... returned {type(value).__name__}; expected a tensor")
    return value
