"""When the generator's samples are captured, and how that stays within its budget."""

import sys
import time
from typing import Any

import torch
from torch import Tensor

from .._recorder import Capture, Pipeline, Pool, Transfer
from ._extras import Extras


class Captures:
    """Pools the generator's latest samples and sends them off when they are due; its time is counted apart."""

    def __init__(self, pipeline: Pipeline, extras: Extras) -> None:
        self.pool = Pool(pipeline.options.sample_size)
        self.schedule = pipeline.options.schedule()
        self.extras = extras
        self.taken = 0
        self.pooled_batches = 0
        self.batch_size = 0
        """Rows of the largest batch that was pooled: the last one of a pass through a loader is often smaller."""
        self.started = time.perf_counter()
        """When training began, moved on by the time that was paused."""
        self._costs, self._first = pipeline.costs, pipeline.options.first_step

    def none(self) -> None:
        """Take no more."""
        self.schedule.next_due = sys.maxsize

    def want(self, samples: Tensor, step: int) -> bool:
        """Whether a batch made now will be part of the next capture."""
        # Copying every batch into the ring would be a cost at each step: start when it will just be full in time.
        missing = (self.schedule.next_due - step) * len(samples)
        wanted = missing <= self.pool.size + len(samples) or not self.pooled_batches
        if not wanted:
            # What the pool holds of long ago is not to be mixed with what comes later.
            self.pool.rows_added = 0
        return wanted

    def add(self, samples: Tensor, inputs: tuple[Any, Tensor | None]) -> bool:
        """Pool a batch; False, and no more are taken, when its samples have another shape than those before."""
        began = time.perf_counter()
        self.batch_size = max(self.batch_size, len(samples))
        self.pooled_batches += 1
        added = self.pool.add(samples)
        if added:
            self.extras.add_inputs(inputs, samples, self.pool)
        else:
            self.none()
        self._costs.loop_seconds += time.perf_counter() - began
        return added

    def take(self, step: int, stream: torch.cuda.Stream | None) -> Capture | None:
        """The capture after so many steps before this one, on its way to the host; None when none is due."""
        if step < self.schedule.next_due or not self.pool.full:
            return None
        number = self._first + step
        extras = self.extras.at_capture(number, self.pool.size, batch_size=self.batch_size)
        began, costs = time.perf_counter(), self._costs
        transfer = Transfer([self.pool.snapshot(), *extras.values()], stream)
        self.taken += 1
        if costs.measured and step:
            pace, more = (began - self.started) / step, self.extras.seconds_per_capture
            spent = costs.seconds + more * self.taken
            self.schedule.measured(capture_seconds=costs.per_capture + more, step_seconds=pace, spent_seconds=spent)
        self.schedule.captured(step)
        costs.loop_seconds += time.perf_counter() - began
        return Capture(number, transfer, ("generated", *extras))
