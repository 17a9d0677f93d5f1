"""The user's own sample sheet: the generator called again on the same latents, for somebody to look at."""

import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .._recorder import SHEET_ROWS
from ._guard import GradientHook, watch
from ._made import Made

_REMEMBERED = 64
_Key = tuple[int, int, torch.Size, torch.dtype]


@dataclass
class _Latents:
    """Latents that the generator was called on: alive, since they are forgotten as soon as their tensor is gone."""

    tensor: "weakref.ref[Tensor]"
    version: int
    step: int
    trained_on: bool = False


@dataclass
class _Sheet:
    """Samples that may be a sheet, unless training uses them before the step ends."""

    latents: _Latents
    made: Made
    samples: Tensor


class SheetWatch:
    """Recognises latents that come back unchanged in a later step, whose samples nobody trains on.

    Latents are told by the identity of their tensor, its place in memory and the count of changes made to it: nothing
    is read from the device, and no latents are kept alive. Of each step the first such sheet is copied, at most 64
    samples of it.

    >>> watch, latents = SheetWatch(), torch.zeros(8, 4)
    >>> for step in range(3):
    ...     samples = torch.full((8, 2), float(step))
    ...     watch.on_generator((latents,), {}, samples, Made(samples))
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
        self._sheet: _Sheet | None = None

    def on_generator(self, args: Iterable[Any], kwargs: dict[str, Any], samples: Tensor, made: Made) -> None:
        """A call of G returned `samples`; `made` knows what becomes of them."""
        tensor = next(_tensors([*args, *kwargs.values()]), None) if self._active else None
        if tensor is None:
            return
        latents = self._seen_before(tensor)
        if latents is None or self._sheet is not None or latents.trained_on:
            return
        self._sheet = _Sheet(latents, made, samples.detach()[:SHEET_ROWS].clone())
        if samples.requires_grad:
            watch(samples, GradientHook(_note_gradient, made))

    def close_step(self) -> Tensor | None:
        """A step ends: the sheet that was drawn since the one before, if there was one."""
        self._step += 1
        sheet, self._sheet = self._sheet, None
        if sheet is None:
            return None
        sheet.latents.trained_on = sheet.made.consumed or sheet.made.trained_on
        return None if sheet.latents.trained_on else sheet.samples

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


def _note_gradient(made: Made, gradient: Tensor) -> None:
    made.trained_on = True


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            if value.is_floating_point():
                yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)
