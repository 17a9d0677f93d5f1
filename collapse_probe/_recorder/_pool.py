"""The generator's latest samples, pooled over batches until there are enough to measure diversity."""

import torch
from torch import Tensor

MAXIMUM_BYTES = 28 * 2**20
FEWEST_ROWS = 16
"""Fewer say nothing about diversity, so pictures of over 3 MB take more than `MAXIMUM_BYTES`."""


class Pool:
    """A ring of the last `size` generated rows, on the device where they were made."""

    def __init__(self, size: int) -> None:
        self.wanted = size
        self.size = size
        self.rows_added = 0
        """Without a gap: set to 0 where a batch is left out, so that no capture holds rows from before it."""
        self._ring: Tensor | None = None
        self._next = 0

    @property
    def nbytes(self) -> int:
        """Memory of the ring, in bytes."""
        return 0 if self._ring is None else self._ring.numel() * self._ring.element_size()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample; empty before the first."""
        return () if self._ring is None else tuple(self._ring.shape[1:])

    @property
    def full(self) -> bool:
        """Whether a capture would hold `size` rows."""
        return self._ring is not None and self.rows_added >= self.size

    def add(self, batch: Tensor) -> bool:
        """Copy the rows of a batch (n, ...) in; False, and nothing is kept, when they have another shape."""
        if self._ring is None:
            row_bytes = max(1, batch[0].numel() * batch.element_size())
            self.size = min(self.wanted, max(FEWEST_ROWS, MAXIMUM_BYTES // row_bytes))
            self._ring = torch.empty((self.size, *batch.shape[1:]), dtype=batch.dtype, device=batch.device)
        if batch.shape[1:] != self._ring.shape[1:]:
            return False
        batch = batch[-self.size :]
        head = min(len(batch), self.size - self._next)
        self._ring[self._next : self._next + head].copy_(batch[:head])
        self._ring[: len(batch) - head].copy_(batch[head:])
        self._next = (self._next + len(batch)) % self.size
        self.rows_added += len(batch)
        return True

    def snapshot(self) -> Tensor:
        """A copy of the ring, oldest row first."""
        if self._ring is None:
            raise RuntimeError("the pool is empty")
        return torch.cat([self._ring[self._next :], self._ring[: self._next]])
