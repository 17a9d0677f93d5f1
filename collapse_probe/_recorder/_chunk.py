"""Preallocated device buffers for some dozens of steps, and their way to the host without waiting."""

import time
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ._tagging import Call
from ._transfer import Transfer

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Scores (rows,), gradients (rows,) and scalars (steps, slots) of a chunk."""

SCORE_ROWS = 1 << 16
SCALAR_SLOTS = 32
STEPS = 64
ROWS_PER_CALL = 256
INPUT_ROWS = 64


@dataclass
class StepRecord:
    """What the host knows of one step; the numbers are in the chunk that holds it."""

    index: int
    """Row of the chunk's scalar buffer."""
    step: int = -1
    time: float = 0.0
    calls: list[Call] = field(default_factory=list)
    slots: dict[str, int] = field(default_factory=dict)
    """Scalars on the device, by name."""
    scalars: dict[str, float] = field(default_factory=dict)
    """Scalars that were plain numbers."""


class Chunk:
    """Score, gradient and scalar buffers that a training loop writes and the worker reads, in turn."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.scores = torch.empty(SCORE_ROWS, device=device)
        self.gradients = torch.empty(SCORE_ROWS, device=device)
        self.scalars = torch.empty(STEPS, SCALAR_SLOTS, device=device)
        self.records: list[StepRecord] = []
        self.used = 0
        self.started = time.monotonic()
        self._transfer: Transfer | None = None

    @property
    def nbytes(self) -> int:
        """Memory on the device, in bytes."""
        return 4 * (2 * SCORE_ROWS + STEPS * SCALAR_SLOTS)

    @property
    def full(self) -> bool:
        """Whether the next step should start in a new chunk."""
        return len(self.records) >= STEPS or self.used > SCORE_ROWS // 2

    def new_record(self) -> StepRecord:
        """Open the next step."""
        record = StepRecord(index=len(self.records))
        self.records.append(record)
        return record

    def write_scores(self, scores: Tensor) -> Call | None:
        """Copy up to `ROWS_PER_CALL` rows of a call's scores, evenly spread; None when the buffer is full."""
        rows = _thin(scores)
        stop = self.used + len(rows)
        if stop > SCORE_ROWS:
            return None
        call = Call(self.used, stop)
        self.scores[self.used : stop].copy_(rows)
        self.used = stop
        return call

    def keep_inputs(self, call: Call, inputs: Tensor) -> None:
        """Copy some rows of the call's input, evenly spread and among those whose scores are kept."""
        every = stride(call.stop - call.start, INPUT_ROWS)
        call.inputs = inputs.detach()[:: every * stride(len(inputs), ROWS_PER_CALL)].clone()
        call.inputs_every = every

    def write_gradients(self, call: Call, gradients: Tensor, *, add: bool) -> None:
        """Copy, or add, the gradient that reached the scores of `call`."""
        target = self.gradients[call.start : call.stop]
        rows = _thin(gradients)
        if add:
            target.add_(rows)
        else:
            target.copy_(rows)

    def write_scalar(self, record: StepRecord, name: str, value: Tensor) -> None:
        """Keep a scalar tensor; beyond `SCALAR_SLOTS` names a step it is left out."""
        slot = record.slots.setdefault(name, len(record.slots))
        if slot < SCALAR_SLOTS:
            self.scalars[record.index, slot].copy_(value)
        else:
            del record.slots[name]

    def send(self, stream: torch.cuda.Stream | None) -> None:
        """Start the copy to the host, on `stream` where the chunk is on a GPU; returns at once."""
        used = [self.scores[: self.used], self.gradients[: self.used], self.scalars[: len(self.records)]]
        self._transfer = Transfer(used, stream)

    def arrays(self) -> Arrays:
        """Scores, gradients and scalars on the host; the worker's thread waits for the copy, nobody else."""
        if self._transfer is None:
            raise RuntimeError("the chunk was read before it was sent")
        scores, gradients, scalars = self._transfer.arrived()
        return scores.numpy(), gradients.numpy(), scalars.numpy()


def _thin(rows: Tensor) -> Tensor:
    """At most `ROWS_PER_CALL` entries, at an even stride: a real and a fake half both stay represented."""
    every = stride(rows.shape[0], ROWS_PER_CALL)
    return rows if every == 1 else rows[::every]


def stride(rows: int, most: int) -> int:
    """The step at which at most so many of the rows are taken.

    >>> stride(256, 256), stride(257, 256)
    (1, 2)
    """
    return max(1, -(-rows // most))
