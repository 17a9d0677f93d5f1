"""Some dozens of steps on the device, and their way to the host in one copy, without waiting."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ._call import Call
from ._transfer import Transfer

STEPS = 64
MAXIMUM_BYTES = 4 * 2**20


@dataclass(slots=True, eq=False)
class StepRecord:
    """What the host knows of one step; tensors are those that the loop made, read when the chunk is."""

    step: int = -1
    time: float = 0.0
    calls: list[Call] = field(default_factory=list)
    scalars: dict[str, float] = field(default_factory=dict)
    """Scalars whose value the host has."""
    on_device: list[tuple[tuple[str, ...], Tensor]] = field(default_factory=list)
    """Names, and a tensor of as many values."""
    values_start: int = 0
    """Where those values lie among the numbers of a chunk."""


class Chunk:
    """Collects the records of a training loop; sent as one tensor, so that a GPU has one copy to make in many steps."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.records: list[StepRecord] = []
        self.nbytes = 0
        """Memory of the scores and gradients that it keeps alive."""
        self.started = time.monotonic()
        self.changed = False
        """Whether scores were written to after the discriminator had returned them."""
        self._pieces: list[Tensor] = []
        self._transfer: Transfer | None = None

    @property
    def full(self) -> bool:
        """Whether the next step should start in a new chunk."""
        return len(self.records) >= STEPS or self.nbytes > MAXIMUM_BYTES

    def new_record(self) -> StepRecord:
        """Open the next step."""
        record = StepRecord()
        self.records.append(record)
        return record

    def send(self, stream: torch.cuda.Stream | None) -> None:
        """Start the copy to the host, on `stream` where the chunk is on a GPU; returns at once."""
        # Listed once: a gradient that arrives late must not shift the places.
        self._pieces = list(self._laid_out())
        if stream is not None:
            self._transfer = Transfer([_joined(self._pieces)], stream)
            self._pieces = []

    def numbers(self) -> np.ndarray:
        """Everything as one float32 array (m,), its places noted in the calls, device scalars in their records.

        The worker's thread waits for the copy, nobody else does.
        """
        joined = _joined(self._pieces) if self._transfer is None else self._transfer.arrived()[0]
        numbers: np.ndarray = joined.numpy()
        for call in (call for record in self.records for call in record.calls):
            if call.scores._version != call.version:
                # What was recorded is no longer what the discriminator returned: rather nothing than a wrong number.
                self.changed = True
                numbers[call.start : call.start + len(call.scores)] = np.nan
        return numbers

    def _laid_out(self) -> Iterator[Tensor]:
        """All tensors, in order; notes where each will lie."""
        at = 0
        for record in self.records:
            for call in record.calls:
                call.start = at
                yield call.scores
                at += len(call.scores)
                gradient = call.plain if call.plain is not None else call.graph
                if gradient is not None:
                    call.reached = "graph" if call.plain is None else "plain"
                    call.gradient_start = at
                    yield gradient
                    at += gradient.numel()
            record.values_start = at
            for _, values in record.on_device:
                yield values
                at += values.numel()


def _joined(pieces: list[Tensor]) -> Tensor:
    return torch.cat([piece.reshape(-1) for piece in pieces]).float() if pieces else torch.zeros(0)
