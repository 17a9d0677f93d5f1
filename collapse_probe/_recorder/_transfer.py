"""Tensors on their way from the device to the host, without anybody waiting but the reader."""

import time
from collections.abc import Sequence

import torch
from torch import Tensor

_POLL_SECONDS = 0.0005


class Transfer:
    """Starts copying at once and returns; `arrived` gives the tensors on the host.

    On a GPU the copy runs on `stream`, behind what the current stream has queued, into pinned memory, and an event
    says when it is done: pinned memory read before its event holds garbage. On the CPU there is nothing to copy.
    """

    def __init__(
        self, tensors: Sequence[Tensor], stream: torch.cuda.Stream | None, *, behind: torch.cuda.Stream | None = None
    ) -> None:
        """`behind` is the stream that computes them, where it is not the current one of this thread."""
        self._tensors = list(tensors)
        self._done: torch.cuda.Event | None = None
        if stream is None:
            return
        stream.wait_stream(behind or torch.cuda.current_stream(stream.device))
        with torch.cuda.stream(stream):
            self._tensors = [torch.empty(t.shape, dtype=t.dtype, pin_memory=True) for t in tensors]
            for target, source in zip(self._tensors, tensors, strict=True):
                target.copy_(source, non_blocking=True)
                # The allocator must not hand the source's memory out again before the copy has read it.
                source.record_stream(stream)
            self._done = torch.cuda.Event()
            self._done.record(stream)

    @property
    def nbytes(self) -> int:
        """Bytes on the host."""
        return sum(t.numel() * t.element_size() for t in self._tensors)

    def arrived(self) -> list[Tensor]:
        """The tensors, on the host; waits for the copy."""
        while self._done is not None and not self._done.query():
            time.sleep(_POLL_SECONDS)
        return self._tensors
