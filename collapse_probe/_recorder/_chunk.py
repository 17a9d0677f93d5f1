"""Some dozens of steps in one buffer on the device, and their way to the host in one copy, without waiting."""

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from ._call import Call
from ._transfer import Transfer

STEPS = 64
CAPACITY = 1 << 16
"""Numbers in one buffer; a step that needs more gets a buffer of its own size."""


@dataclass(slots=True, eq=False)
class StepRecord:
    """What the host knows of one step; the numbers are in the chunk that holds it."""

    step: int = -1
    time: float = 0.0
    calls: list[Call] = field(default_factory=list)
    scalars: dict[str, float] = field(default_factory=dict)
    """Scalars whose value the host has."""
    norms: dict[str, float] = field(default_factory=dict)
    """Gradient norms likewise; the worker rounds them, which is no work for the training loop."""
    on_device: dict[str, Tensor] = field(default_factory=dict)
    """Those that the device has, of one element each, until they are written to the chunk."""
    places: dict[str, int] = field(default_factory=dict)
    """Where they lie then."""


class Chunk:
    """The numbers of some steps: written by the training loop, one operation a step, and read by the worker."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.records: list[StepRecord] = []
        self.earlier: StepRecord | None = None
        """One that left ahead of the others, as the loop has left it since."""
        self.may_change = False
        """Whether the loop may still add to its last step."""
        self.started = time.monotonic()
        self._buffers = [torch.empty(CAPACITY, device=device)]
        self.nbytes = 4 * CAPACITY
        """Memory of its buffers, in bytes; of those parts too that are not sent."""
        self._used = 0
        """Entries taken in the last buffer."""
        self._before = 0
        """Entries taken in the buffers before it."""
        self._transfer: Transfer | None = None

    @property
    def full(self) -> bool:
        """Whether the next step should start in a new chunk."""
        return len(self.records) >= STEPS or self._before + self._used > CAPACITY // 2

    def new_record(self) -> StepRecord:
        """Open the next step."""
        record = StepRecord()
        self.records.append(record)
        return record

    def write(self, pieces: Sequence[Tensor], entries: int) -> int:
        """Copy tensors that have so many entries together, behind what is there; where they begin."""
        if self._used + entries > self._buffers[-1].numel():
            self._buffers[-1] = self._buffers[-1][: self._used]
            self._before += self._used
            self._used = 0
            self._buffers.append(torch.empty(max(CAPACITY, entries), device=self.device))
            self.nbytes += 4 * max(CAPACITY, entries)
        start = self._used
        self._used += entries
        torch.cat([piece.reshape(-1) for piece in pieces], out=self._buffers[-1][start : self._used])
        return self._before + start

    def write_scalars(self, record: StepRecord, scalars: dict[str, Tensor]) -> None:
        """Copy one-element tensors to the step, one copy for all."""
        # One that lies on another device comes over without being waited for.
        here = [value.to(self.device, non_blocking=True) for value in scalars.values()]
        start = self.write(here, len(scalars))
        record.places.update(zip(scalars, range(start, start + len(scalars)), strict=True))

    def close(self, record: StepRecord) -> bool:
        """Copy what the step's calls hold and let go of it; whether scores of it were written over before that."""
        pieces: list[Tensor] = []
        at, lies, written_over = 0, [], False
        # Should this fail half-way, calls that were not copied must not be read.
        calls, record.calls = record.calls, []
        for call in calls:
            scores, gradient = call.scores, call.plain if call.plain is not None else call.graph
            if scores is None:
                continue
            call.rows = len(scores)
            # What was written over is no longer what the discriminator returned: rather nothing than a wrong number.
            changed = scores._version != call.version
            written_over |= changed
            pieces.append(torch.full_like(scores, float("nan")) if changed else scores)
            lies.append((call, at, gradient is not None))
            at += call.rows
            if gradient is not None:
                call.reached = "graph" if call.plain is None else "plain"
                pieces.append(gradient)
                at += call.rows
            call.scores = call.plain = call.graph = None
        if pieces:
            start = self.write(pieces, at)
            for call, place, has_gradient in lies:
                call.start = start + place
                call.gradient_start = start + place + call.rows if has_gradient else -1
        record.calls = calls
        if record.on_device:
            self.write_scalars(record, record.on_device)
            record.on_device = {}
        return written_over

    def part(self) -> "Chunk":
        """The closed steps so far, to be sent ahead; the chunk goes on without them.

        Of the last one it keeps what the loop may still add to.
        """
        part = copy.copy(self)
        closed = [record for record in self.records if record.step >= 0]
        last = closed[-1]
        part.records = [*closed[:-1], replace(last, scalars=dict(last.scalars), places=dict(last.places))]
        part.may_change = True
        part._buffers = [*self._buffers[:-1], self._buffers[-1][: self._used]]
        self.records = [record for record in self.records if record.step < 0]
        self.earlier = last
        return part

    def send(self, stream: torch.cuda.Stream | None, *, behind: torch.cuda.Stream | None = None) -> None:
        """Start the copy to the host, on `stream` where the chunk is on a GPU, behind another; returns at once."""
        self._buffers[-1] = self._buffers[-1][: self._used]
        self._transfer = Transfer(self._buffers, stream, behind=behind)

    def numbers(self) -> np.ndarray:
        """All of them (m,) on the host; the worker's thread waits for the copy, nobody else."""
        if self._transfer is None:
            raise RuntimeError("the chunk was read before it was sent")
        parts = [part.numpy() for part in self._transfer.arrived()]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)
