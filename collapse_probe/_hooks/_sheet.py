"""The user's own sample sheet: the generator called again on the same latents, for somebody to look at."""

import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .._recorder import SHEET_ROWS

_REMEMBERED = 64
_Key = tuple[int, int, torch.Size, torch.dtype]


@dataclass
class _Latents:
    """Latents that the generator was called on: alive, since they are forgotten as soon as their tensor is gone."""

    tensor: "weakref.ref[Tensor]"
    version: int
    step: int
    trained_on: bool = False


class SheetWatch:
    """Recognises latents that come back unchanged in a later step, whose samples nobody trains on.

    Latents are told by the identity of their tensor, its place in memory and the count of changes made to it: nothing
    is read from the device, and no latents are kept alive. Of each step the first such sheet is copied, at most 64
    samples of it.

    >>> watch, latents = SheetWatch(), torch.zeros(8, 4)
    >>> for step in range(3):
    ...     watch.on_generator((latents,), {}, torch.full((8, 2), float(step)))
    ...     watch.on_generator((torch.randn(8, 4),), {}, torch.randn(8, 2))
    ...     sheet = watch.close_step()
    ...     print(None if sheet is None else sheet[0, 0].item())
    None
    1.0
    2.0
    """

    def __init__(self, *, active: bool = True) -> None:
        self._active = active
        self._known: dict[_Key, _Latents] = {}
        self._step = 0
        self._sheet: tuple[_Latents, Tensor] | None = None
        self._storage = 0

    def on_generator(self, args: Iterable[Any], kwargs: dict[str, Any], samples: Tensor) -> None:
        """A call of G returned `samples`."""
        if not self._active:
            return
        if self._storage and _storage(samples) == self._storage:
            # The sheet's memory was handed out again: from here on it is this batch that training uses.
            self._storage = 0
        tensor = next(_tensors([*args, *kwargs.values()]), None)
        if tensor is None:
            return
        latents = self._seen_before(tensor)
        if latents is not None and self._sheet is None and not latents.trained_on:
            self._sheet, self._storage = (latents, samples.detach()[:SHEET_ROWS].clone()), _storage(samples)

    def consumed(self, samples: Tensor) -> None:
        """Training uses these samples of G: D saw them, or a gradient came back to them."""
        if self._sheet is not None and self._storage and _storage(samples) == self._storage:
            self._sheet[0].trained_on = True
            self._sheet = None

    def close_step(self) -> Tensor | None:
        """A step ends: the sheet that was drawn since the one before, if there was one."""
        self._step += 1
        sheet, self._sheet, self._storage = self._sheet, None, 0
        return None if sheet is None else sheet[1]

    def _seen_before(self, tensor: Tensor) -> _Latents | None:
        """What is known of latents that were used, as they are now, in an earlier step."""
        # A slice is a new object each time; what it is a slice of stays.
        anchor = tensor if tensor._base is None else tensor._base
        try:
            key, version = (id(anchor), tensor.data_ptr(), tensor.shape, tensor.dtype), tensor._version
        except RuntimeError:
            # Tensors of inference mode count no changes, those inside torch.func have no place in memory.
            return None
        latents = self._known.get(key)
        if latents is not None and latents.version == version:
            return latents if latents.step < self._step else None
        known = self._known
        gone = weakref.ref(anchor, lambda _: known.pop(key, None))
        known[key] = _Latents(gone, version, self._step)
        if len(known) > _REMEMBERED:
            known.pop(next(iter(known)), None)
        return None


def _storage(samples: Tensor) -> int:
    return samples.untyped_storage().data_ptr()


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            if value.is_floating_point():
                yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)
