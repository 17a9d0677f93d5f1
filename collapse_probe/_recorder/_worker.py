"""The thread that does everything the training loop should not wait for."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .._monitor import D_HELD_OUT, D_TRAINING
from ._assemble import Assembler, StepRow
from ._chunk import Chunk
from ._pipeline import Pipeline
from ._transfer import Transfer

MAXIMUM_PENDING_BYTES = 64 * 2**20
IDLE_SECONDS = 1.0


@dataclass
class Capture:
    """Generated samples on their way to the host, a sheet of fixed latents beside them or alone."""

    step: int
    transfer: Transfer
    names: tuple[str, ...] = ("generated",)
    """What the tensors of the transfer are: `generated`, what is stored with it, and `sheet`."""


class Worker:
    """Takes chunks and captures in order and runs them through the pipeline, in a daemon thread.

    Steps are never dropped. A capture is, and is counted, when 64 MB of captures are waiting already. Once a second,
    where nothing waits, it calls `idle` and sees to it that what it was given is on disk.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        assembler: Assembler,
        *,
        on_failure: Callable[[BaseException], None],
        idle: Callable[[], None],
    ) -> None:
        self.dropped = 0
        self.step_seconds = 0.0
        """CPU time spent on steps."""
        self._pipeline = pipeline
        self._assembler = assembler
        self._on_failure = on_failure
        self._idle = idle
        self._may_change: StepRow | None = None
        self._look = time.monotonic() + IDLE_SECONDS
        self._queue: queue.SimpleQueue[Chunk | Capture | None] = queue.SimpleQueue()
        self._pending_bytes = 0
        self._failed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="collapse_probe", daemon=True)
        self._thread.start()

    def put(self, item: Chunk | Capture) -> None:
        """Hand over a chunk or a capture; returns at once."""
        if isinstance(item, Capture):
            size = item.transfer.nbytes
            with self._lock:
                if self._pending_bytes and self._pending_bytes + size > MAXIMUM_PENDING_BYTES:
                    self.dropped += "generated" in item.names
                    return
                self._pending_bytes += size
        self._queue.put(item)

    def close(self) -> None:
        """Finish what is waiting, then end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (item := self._next()) is not None:
            if self._failed:
                # What came after the failure: dropped, or it would be kept for ever.
                continue
            try:
                if item == "idle":
                    self._idle()
                    self._pipeline.flush()
                else:
                    self._handle(item)
            except BaseException as error:
                # Nobody else hears of what ends this thread, a SystemExit in a callable of the user's included.
                self._failed = True
                self._on_failure(error)

    def _next(self) -> Chunk | Capture | Literal["idle"] | None:
        try:
            return self._queue.get(timeout=max(0.0, self._look - time.monotonic()))
        except queue.Empty:
            self._look = time.monotonic() + IDLE_SECONDS
            return "idle"

    def _handle(self, item: Chunk | Capture) -> None:
        if isinstance(item, Capture):
            tensors = dict(zip(item.names, item.transfer.arrived(), strict=True))
            if "sheet" in tensors:
                self._pipeline.sheets.add(self._pipeline.writer, step=item.step, sheet=tensors.pop("sheet"))
            for name in tensors.keys() & {D_TRAINING, D_HELD_OUT}:
                tensors[name] = (self._assembler.tagger.orientation or 1) * tensors[name]
            if tensors:
                self._pipeline.take_capture(item.step, tensors.pop("generated"), tensors)
            with self._lock:
                self._pending_bytes -= item.transfer.nbytes
        else:
            began = time.thread_time()
            self._take_steps(item)
            self.step_seconds += time.thread_time() - began

    def _take_steps(self, chunk: Chunk) -> None:
        if (before := self._may_change) is not None:
            self._may_change = None
            self._assembler.amend(before, chunk)
            self._pipeline.take_step(before.step, before.time, before.values)
        rows = self._assembler.assemble(chunk)
        for row in rows:
            for samples in row.real_inputs:
                self._pipeline.take_real(samples)
            if chunk.may_change and row is rows[-1]:
                self._may_change = row
                self._pipeline.take_ahead(row.step, row.time, row.values)
            elif row.step >= 0:
                self._pipeline.take_step(row.step, row.time, row.values)
