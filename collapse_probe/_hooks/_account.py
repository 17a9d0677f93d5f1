"""What observing a loop showed and cost: for the run's record, and as the one line that says so."""

import time
from typing import Any

from .._recorder import Assembler, Pipeline, Worker
from ._observer import Observer


class Account:
    """Reads the counts of those who do the work."""

    def __init__(self, observer: Observer, assembler: Assembler, pipeline: Pipeline, worker: Worker) -> None:
        self._observer = observer
        self._assembler = assembler
        self._pipeline = pipeline
        self._worker = worker

    def described(self) -> dict[str, Any]:
        """For the run's record; times in seconds of CPU time but for those in the loop, which are as the clock ran."""
        observer, seen, costs = self._observer, self._observer.seen, self._pipeline.costs
        captures, more = observer.captures, observer.extras.seconds_per_capture
        elapsed = max(1e-9, time.perf_counter() - captures.started)
        return {
            "device": str(observer.device),
            "loop": {
                "steps": seen.steps,
                "discriminator_updates": seen.d_updates,
                "calls": dict(self._assembler.counts),
                "score": self._assembler.kind if seen.has_discriminator else None,
                "orientation": self._assembler.tagger.orientation,
                "batch_size": captures.batch_size,
            },
            "cost": {
                "seconds_per_step": self._floor(),
                "seconds_per_step_in_the_loop": self._in_the_loop(),
                "seconds_per_capture": costs.per_capture + more,
                "seconds_per_capture_in_the_loop": costs.loop_seconds / max(1, captures.taken) + more,
                "share_of_captures": (costs.seconds + more * captures.taken) / elapsed,
                "steps_between_captures": captures.schedule.interval,
                "captures": captures.taken,
                "captures_dropped": self._worker.dropped,
                "device_bytes": observer.device_bytes,
                **self._pipeline.keeper.cost(),
            },
        }

    def line(self) -> str:
        """What was understood, in a line."""
        observer, seen, costs = self._observer, self._observer.seen, self._pipeline.costs
        captures = observer.captures
        calls = ", ".join(f"{count} {tag}" for tag, count in self._assembler.counts.items())
        return (
            f"watching: batches of {captures.batch_size}, {seen.d_updates / seen.steps:.1f} discriminator updates a "
            f"step, kind of score: {self._assembler.kind}, calls so far: {calls or 'of the generator alone'}; "
            f"captures of {captures.pool.size} samples every {captures.schedule.interval} steps for now"
            + (f", {1e3 * costs.per_capture:.0f} ms each" if costs.taken else "")
            + f", and {1e6 * self._floor():.0f} µs a step beside them"
        )

    def _in_the_loop(self) -> float:
        observer = self._observer
        warm, seconds, steps = (
            observer.warm,
            observer.guard.seconds - self._pipeline.costs.loop_seconds,
            observer.seen.steps,
        )
        if warm is not None and steps > 2 * warm[0]:
            seconds, steps = seconds - warm[1], steps - warm[0]
        return max(0.0, seconds) / max(1, steps)

    def _floor(self) -> float:
        return self._in_the_loop() + self._worker.step_seconds / max(1, self._assembler.steps)
