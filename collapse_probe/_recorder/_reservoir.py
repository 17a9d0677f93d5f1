"""The first real samples, kept until there are enough for a reference."""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InvalidArgument
from ._labels import class_indices
from ._random_states import random_states_kept

REFERENCE_ROWS = 2048
MAXIMUM_BYTES = 64 * 2**20
_DONE_AFTER_REPEATS = 256
_FEW_ROWS, _MANY_BATCHES = 256, 64


class Reservoir:
    """Collects distinct real rows on the CPU, up to `REFERENCE_ROWS` or 64 MB, or 256 rows where batches are small.

    A small data set comes round again each epoch. Copies of a sample are left out, and 256 copies in a row mean that
    everything was seen.
    """

    def __init__(self) -> None:
        self._rows: list[Tensor] = []
        self._seen: set[bytes] = set()
        self._repeats = 0
        self._bytes = 0
        self._batches = 0

    @property
    def shape(self) -> tuple[int, ...] | None:
        """Shape of one row; None before the first."""
        return tuple(self._rows[0].shape) if self._rows else None

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def done(self) -> bool:
        """Whether there is no point in adding more."""
        full = len(self._rows) >= REFERENCE_ROWS or self._bytes >= MAXIMUM_BYTES
        # With batches of one, 2,048 rows would take as many steps, and a collapse does not wait.
        enough = len(self._rows) >= _FEW_ROWS and self._batches >= _MANY_BATCHES
        return full or enough or self._repeats >= _DONE_AFTER_REPEATS

    def add(self, batch: Tensor) -> list[int]:
        """Take the rows of a batch (n, ...) that are new, and say which; raises `InvalidArgument` for another shape."""
        batch = batch.detach().cpu()
        if self._rows and batch.shape[1:] != self._rows[0].shape:
            raise InvalidArgument(
                f"real samples of shape {tuple(batch.shape[1:])} after ones of shape {tuple(self._rows[0].shape)}; "
                "give them all the same shape, or pass the reference once as real=..."
            )
        self._batches += 1
        taken: list[int] = []
        for place, row in enumerate(batch):
            if len(self._rows) >= REFERENCE_ROWS or self._bytes >= MAXIMUM_BYTES:
                break
            key = hashlib.blake2b(
                row.contiguous().flatten().view(torch.uint8).numpy().tobytes(), digest_size=16
            ).digest()
            if key in self._seen:
                self._repeats += 1
                continue
            self._repeats = 0
            self._seen.add(key)
            self._rows.append(row.clone())
            self._bytes += row.numel() * row.element_size()
            taken.append(place)
        return taken

    def rows(self) -> Tensor:
        """All rows, stacked."""
        return torch.stack(self._rows)


def rows_of(real: Any) -> Tensor:
    """The reference that a user gave: a tensor or array (m, ...), a loader, or either with labels, which are left out.

    Raises `InvalidArgument` for anything else.
    """
    return labelled_rows_of(real)[0]


def labelled_rows_of(real: Any) -> tuple[Tensor, Tensor | None]:
    """The reference that a user gave, and its class indices (m,) where there are any.

    `real` is a tensor or array (m, ...), a pair of one and labels, or a loader whose first batches are taken, with
    the labels that follow the samples in its tuples. Iterating a loader draws random numbers; every global random
    state is put back afterwards, so that training goes on as it would have without us.
    """
    if _is_pair(real):
        rows = rows_of(real[0])
        labels = class_indices(real[1], len(rows))
        if labels is None:
            raise InvalidArgument(
                f"real is a pair of {len(rows)} samples and labels of shape {tuple(real[1].shape)}; expected class "
                f"indices ({len(rows)},) or one-hot rows ({len(rows)}, k)"
            )
        return rows, labels.cpu()
    if isinstance(real, np.ndarray):
        real = torch.from_numpy(np.array(real))
    if isinstance(real, Tensor):
        if real.ndim < 2 or len(real) < 2:
            raise InvalidArgument(
                f"real has shape {tuple(real.shape)}; expected samples along the first dimension, (m, ...)"
            )
        return real.detach().cpu(), None
    if isinstance(real, str) or not isinstance(real, Iterable):
        raise InvalidArgument(
            f"real is {type(real).__name__}; expected real samples: a tensor, an array, "
            "or a loader of batches (a data set goes into a DataLoader first)"
        )
    with random_states_kept(_generators_of(real)):
        return _first_batches(real)


def _first_batches(loader: Iterable[Any]) -> tuple[Tensor, Tensor | None]:
    reservoir, labels = Reservoir(), list[Tensor | None]()
    for batch in loader:
        parts = list(batch.values()) if isinstance(batch, dict) else batch
        first, *others = parts if isinstance(parts, list | tuple) else [parts]
        if isinstance(first, list | tuple):
            first = first[0]
        if not isinstance(first, Tensor):
            raise InvalidArgument(
                f"the loader given as real yields {type(first).__name__}; "
                "expected tensors, or tuples that begin with one"
            )
        taken = reservoir.add(first)
        known = class_indices(others[0], len(first)) if others and first.ndim else None
        labels.append(None if known is None else known.cpu()[taken])
        if reservoir.done:
            break
    if not len(reservoir):
        raise InvalidArgument("the loader given as real yields nothing; pass a tensor of real samples instead")
    whole = [part for part in labels if part is not None]
    return reservoir.rows(), torch.cat(whole) if len(whole) == len(labels) else None


def _is_pair(real: Any) -> bool:
    """Samples and their labels; two batches alike are a loader of two."""
    pair = isinstance(real, tuple) and len(real) == 2 and all(isinstance(part, Tensor | np.ndarray) for part in real)
    return pair and (real[1].ndim < 2 or real[0].shape[1:] != real[1].shape[1:])


def _generators_of(loader: Any) -> list[torch.Generator]:
    """A loader's own generator, and those of its samplers."""
    batch_sampler = getattr(loader, "batch_sampler", None)
    holders = [loader, getattr(loader, "sampler", None), batch_sampler, getattr(batch_sampler, "sampler", None)]
    held = [getattr(holder, "generator", None) for holder in holders]
    return [generator for generator in held if isinstance(generator, torch.Generator)]
