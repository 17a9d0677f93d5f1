"""The thread that does everything the training loop should not wait for."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ._assemble import Assembler
from ._chunk import Chunk
from ._pipeline import Pipeline
from ._transfer import Transfer

MAXIMUM_PENDING_BYTES = 64 * 2**20


@dataclass
class Capture:
    """Generated samples on their way to the host, a sheet of fixed latents beside them or alone."""

    step: int
    transfer: Transfer
    names: tuple[str, ...] = ("generated",)
    """What the tensors of the transfer are: `generated`, what is stored with it, and `sheet`."""


class Worker:
    """Takes chunks and captures in order and runs them through the pipeline, in a daemon thread.

    Steps are never dropped. A capture is, and is counted, when 64 MB of captures are waiting already.
    """

    def __init__(
        self, pipeline: Pipeline, assembler: Assembler, *, on_failure: Callable[[BaseException], None]
    ) -> None:
        self.dropped = 0
        self.step_seconds = 0.0
        """CPU time spent on steps."""
        self._pipeline = pipeline
        self._assembler = assembler
        self._on_failure = on_failure
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
        while (item := self._queue.get()) is not None:
            if self._failed:
                # What came after the failure: dropped, or it would be kept for ever.
                continue
            try:
                self._handle(item)
            except BaseException as error:
                # Nobody else hears of what ends this thread, a SystemExit in a callable of the user's included.
                self._failed = True
                self._on_failure(error)

    def _handle(self, item: Chunk | Capture) -> None:
        if isinstance(item, Capture):
            tensors = dict(zip(item.names, item.transfer.arrived(), strict=True))
            if "sheet" in tensors:
                self._pipeline.sheets.add(self._pipeline.writer, step=item.step, sheet=tensors.pop("sheet"))
            if tensors:
                self._pipeline.take_capture(item.step, tensors.pop("generated"), tensors)
            with self._lock:
                self._pending_bytes -= item.transfer.nbytes
            return
        began = time.thread_time()
        for row in self._assembler.assemble(item):
            for samples in row.real_inputs:
                self._pipeline.take_real(samples)
            if row.step >= 0:
                self._pipeline.take_step(row.step, row.time, row.values)
        self.step_seconds += time.thread_time() - began
