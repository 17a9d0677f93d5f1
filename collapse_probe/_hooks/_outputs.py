"""Picking the samples and the batch out of whatever the modules take and return."""

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
        return picked(pick(output), "sample")
    if isinstance(output, Tensor) and output.ndim >= 2 and output.is_floating_point():
        return output
    return next((t for t in tensors_in(output) if t.ndim >= 2), None)


def inputs_of(args: tuple[Any, ...], kwargs: dict[str, Any], shape: tuple[int, ...] | None) -> Tensor | None:
    """The batch among D's arguments: the first tensor of the generator's shape, else the first with two dimensions."""
    if len(args) == 1 and not kwargs and isinstance(args[0], Tensor) and tuple(args[0].shape[1:]) == shape:
        return args[0]
    candidates = [t for t in tensors_in([*args, *kwargs.values()]) if t.ndim >= 2]
    alike = [t for t in candidates if tuple(t.shape[1:]) == shape]
    return next(iter(alike or candidates), None)


def picked(value: Any, option: str) -> Tensor:
    """What an option's callable returned, if it is a tensor; else an `InvalidArgument` that names the option."""
    if not isinstance(value, Tensor):
        raise InvalidArgument(f"{option}=... returned {type(value).__name__}; expected a tensor")
    return value


def _each(values: Iterable[Any], depth: int) -> Iterator[Tensor]:
    for value in values:
        yield from tensors_in(value, depth)
