"""How long something takes inside the training loop, on the device that does it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Stopwatch:
    """Adds up durations: on a GPU those between two events of the current stream, read when they are over."""

    def __init__(self, device: torch.device) -> None:
        self.host_seconds = 0.0
        """Time of the calling thread."""
        self._device = device
        self._device_seconds = 0.0
        self._running: list[tuple[torch.cuda.Event, torch.cuda.Event]] = []

    @property
    def seconds(self) -> float:
        """Whichever is longer: time on the device, as far as it is known, or time of the calling thread."""
        while self._running and self._running[0][1].query():
            first, last = self._running.pop(0)
            self._device_seconds += first.elapsed_time(last) / 1000
        return max(self.host_seconds, self._device_seconds)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measures what happens inside."""
        began = time.perf_counter()
        events = None
        if self._device.type == "cuda":
            stream = torch.cuda.current_stream(self._device)
            events = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            events[0].record(stream)
        try:
            yield
        finally:
            if events is not None:
                events[1].record(torch.cuda.current_stream(self._device))
                self._running.append(events)
            self.host_seconds += time.perf_counter() - began
