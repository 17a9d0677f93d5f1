"""What a capture takes along beside the pooled samples, and what that costs."""

from typing import Any

import torch
from torch import Tensor, nn

from .._recorder import Capture, Keeper, Options, Pipeline, Pool, Transfer
from ..errors import InvalidArgument
from ._fixed import FixedLatents
from ._guard import Guard
from ._held_out import HeldOut
from ._labels import PooledLabels
from ._latents import PooledLatents
from ._sheet import SheetWatch
from ._stopwatch import Stopwatch


class Extras:
    """Asked at each capture, inside the training loop."""

    def __init__(self, modules: tuple[nn.Module, nn.Module | None], options: Options) -> None:
        """Raises `InvalidArgument` where the options do not fit the modules."""
        generator, discriminator = modules
        if options.keep_best is not None and "generator" in options.keep_best[1]:
            raise InvalidArgument("keep_best names a module 'generator'; that is the attached one, name another")
        self._generator = generator
        self._keeps = options.keep_best is not None
        self._guard = Guard()
        self._keeper = Keeper(None)
        self._stopwatch = Stopwatch(next(generator.parameters()).device)
        self._captures = 0
        self._fixed = None
        if options.fixed_latents is not None:
            self._fixed = FixedLatents(generator, options.fixed_latents, pick=options.sample)
        self._held_out = None
        if options.held_out is not None:
            if discriminator is None:
                raise InvalidArgument("held_out asks the discriminator: use attach(G, D, ...), or leave it out")
            self._held_out = HeldOut(discriminator, options.held_out, score=options.score)
        self._pipeline: Pipeline | None = None
        self.sheets = SheetWatch(active=self._fixed is None)
        self._labels = None if options.labels is None else PooledLabels(generator, options.labels)
        self._latents = None if options.latents is None else PooledLatents(generator, options.latents)

    def start(self, guard: Guard, pipeline: Pipeline) -> None:
        """Called once, before the first capture."""
        self._guard, self._keeper, self._pipeline = guard, pipeline.keeper, pipeline
        if self._keeps:
            self._keeper.modules["generator"] = self._generator

    @property
    def error(self) -> str | None:
        """Why a module is not called any more that should be."""
        return next((asked.error for asked in (self._fixed, self._held_out) if asked is not None and asked.error), None)

    @property
    def nbytes(self) -> int:
        """Most memory that it takes on the device, in bytes: held-out data, pooled latents and their copy."""
        held_out = 0 if self._held_out is None else self._held_out.nbytes
        return held_out + (0 if self._latents is None else 2 * self._latents.nbytes)

    @property
    def seconds_per_capture(self) -> float:
        """What the extras of one capture cost."""
        return self._stopwatch.seconds / max(1, self._captures)

    def sheet_of(self, step: int, stream: torch.cuda.Stream | None) -> list[Capture]:
        """The sheet that the loop drew itself after its update of this step, on its way to the host."""
        sheet = self.sheets.close_step()
        return [] if sheet is None else [Capture(step, Transfer([sheet], stream), ("sheet",))]

    def inputs_of(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, rows: int) -> tuple[Any, Tensor | None]:
        """Labels, as they were given, and latents of one call of the generator; None where none are asked for."""
        labels = None if self._labels is None else self._labels.of(args, kwargs)
        latents = None if self._latents is None else self._latents.of(args, kwargs, rows=rows, guard=self._guard)
        return labels, latents

    def add_inputs(self, inputs: tuple[Any, Tensor | None], samples: Tensor, pool: Pool) -> None:
        """Labels and latents of samples that were just added to the pool."""
        labels, latents = inputs
        if self._labels is not None:
            self._labels.add(labels, samples, pool=pool, guard=self._guard)
        if self._latents is not None:
            self._latents.add(latents, samples, pool)

    def at_capture(self, step: int, rows: int, *, batch_size: int) -> dict[str, Tensor]:
        """Tensors on the device, by the name under which the capture carries them."""
        self._captures += 1
        before = self._stopwatch.host_seconds
        paused, self._guard.paused = self._guard.paused, True
        try:
            with self._stopwatch.running():
                self._keeper.snapshot(step)
                sheet = None if self._fixed is None else self._fixed.draw()
                scores = self._scores(batch_size)
        finally:
            self._guard.paused = paused
            # The guard counts what every step costs; this is a cost of captures.
            self._guard.seconds -= self._stopwatch.host_seconds - before
        found = {} if self._labels is None else self._labels.snapshot()
        found |= {} if self._latents is None else self._latents.snapshot(rows)
        return found | scores | ({} if sheet is None else {"sheet": sheet})

    def _scores(self, batch_size: int) -> dict[str, Tensor]:
        if self._held_out is None or self._pipeline is None:
            return {}
        return self._held_out.ask(self._pipeline.real_rows, batch_size=batch_size)
