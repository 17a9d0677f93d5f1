"""What the taps and the optimizer hooks saw becomes steps: calls, phases, scores and captures."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from .._recorder import Call, Capture, Chunk, Pipeline, StepRecord, Worker, shared_out, thin
from ._captures import Captures
from ._extras import Extras
from ._guard import GradientHook, Guard, watch
from ._made import Made, Memory
from ._norms import write_norm
from ._outputs import inputs_of, samples_of, tensors_in
from ._players import Players
from ._scores_of import ScorePicker, along, row_means
from ._self_check import Seen

_COLLECTING_STEPS = 8
_CHUNK_SECONDS = 0.25
_WARY_STEPS = 10
_WARM_STEPS = 10
_PAUSE_SECONDS = 0.25


class Observer:
    """The step path: runs inside the training loop, never waits, never computes with the modules.

    Each operation here is paid at every step, so it mostly keeps what the loop made and leaves the arithmetic to the
    worker, who does it for many steps at once.
    """

    def __init__(self, modules: tuple[nn.Module, nn.Module | None], pipeline: Pipeline, extras: Extras) -> None:
        generator, discriminator = modules
        self.guard = Guard()
        self.seen = Seen(has_discriminator=discriminator is not None)
        self.worker: Worker | None = None
        self.captures = Captures(pipeline, extras)
        self.extras = extras
        self._pipeline, self._first = pipeline, pipeline.options.first_step
        self._pick_scores = ScorePicker(pipeline.options.score)
        self._players = Players(generator, discriminator)
        self._memory = Memory()
        self._pending: list[Call] = []
        self._phase = 0
        self._closed: tuple[Chunk, StepRecord] | None = None
        self._lock = threading.RLock()  # the loop and the worker; a signal handler may come in between
        self._outgoing: list[Chunk | Capture] = []
        self._called_since_close = False
        self._generator_first: bool | None = None
        # A compiled discriminator may write its next output over the last one.
        compiled = getattr(discriminator, "_compiled_call_impl", None) is not None or hasattr(
            discriminator, "_orig_mod"
        )
        self._copying = self._always_copying = compiled
        self._wary: list[tuple[Tensor, int]] = []
        self.warm: tuple[int, float] | None = None
        """Steps, and time spent on them here, that came before everything had been run once."""
        self._on_score = self.guard(self._on_score_gradient)
        self._on_sample = self.guard(self._on_sample_gradient)
        self._device_known = False
        self._use(next(generator.parameters()).device)

    @property
    def device_bytes(self) -> int:
        """Most that its buffers take on the device: two chunks, the pool and its copy, and the extras."""
        return 2 * self._chunk.nbytes + 2 * self.captures.pool.nbytes + self.extras.nbytes

    def on_generator(self, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        """A call of G returned."""
        self.seen.generator_calls += 1
        samples = samples_of(output, self._pipeline.options.sample)
        if samples is None or not len(samples):
            return
        made = self._memory.add(samples)
        self.extras.sheets.on_generator(args, kwargs, samples, made)
        if samples.requires_grad:
            self._called_since_close |= not self.seen.has_discriminator
            if self.captures.want(samples, self.seen.steps):
                # Sampling for a look at it sends no gradient back; training does.
                inputs = self.extras.inputs_of(args, kwargs, rows=len(samples))
                watch(samples, GradientHook(self._on_sample, made, samples.detach(), inputs))

    def on_discriminator(self, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        """A call of D returned."""
        self.seen.discriminator_calls += 1
        inputs = inputs_of(args, kwargs, self._memory.shape)
        found = None if inputs is None else self._pick_scores(output, inputs)
        if inputs is None or found is None:
            return
        self._called_since_close = True
        if not self._device_known:
            self._device_known = True
            if found[0].device != self.device:
                self._use(found[0].device)
        made = self._memory.find(inputs)
        call = self._new_call(found[0])
        call.differentiable_input = inputs.grad_fn is not None
        call.wants_input_gradient = inputs.requires_grad
        if made is not None:
            made.consumed = call.from_generator = True
            self.seen.recognised_samples += call.differentiable_input
        elif self._pipeline.wants_real and len(inputs) == (len(found[0]) if found[0].ndim else 1):
            # Until the generator was called, one-hot labels before the samples would pass for them.
            if self._memory.shape is not None or len([*tensors_in([*args, *kwargs.values()])]) == 1:
                call.keep_inputs(inputs)
        self._pending.append(call)
        self._record.calls.append(call)
        watch(found[1], GradientHook(self._on_score, call, found[2]))

    def before_update(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer is about to step: its gradients are as they will be applied."""
        for name, parameters in self._players.about_to_step(optimizer):
            write_norm(self._record, name, parameters)

    def after_update(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer stepped: the calls since the last update belong to its player's phase."""
        player = self._players.who_stepped(optimizer)
        if player is None:
            self.seen.other_updates += 1
            return
        player, used, self._pending = shared_out(player, self._pending)
        for call in used:
            call.phase, call.player = self._phase, player
            judged = player != "discriminator" or call.shared
            if judged and call.differentiable_input and call.has_gradient:
                self.seen.judged_samples += 1
        self._phase += 1
        if player != "generator":
            self.seen.d_updates += 1
        if player != "discriminator":
            with self._lock:
                self._close_step()

    def log(self, scalars: Mapping[str, Any]) -> None:
        """Attach scalars to the step in progress."""
        with self._lock:
            chunk, record = self._chunk, self._record
            if self._closed is not None and (self._generator_first or not self._called_since_close):
                chunk, record = self._closed
            waiting: dict[str, Tensor] = {}
            for name, value in scalars.items():
                if isinstance(value, Tensor):
                    waiting[name] = value.detach()  # what is on the CPU came as a number
                else:
                    record.scalars[name] = value
            if waiting:
                chunk.write_scalars(record, waiting)

    def send_what_waits(self) -> None:
        """Where the loop pauses, in evaluation, say: hand over what only its next step would; asked by the worker."""
        with self._lock:
            if self._closed is None or time.time() - self._closed[1].time < _PAUSE_SECONDS:
                return
            chunk, record = self._closed
            if record is not chunk.earlier and self.worker is not None:
                part = chunk.part()
                part.send(self._stream, behind=self._loop_stream)
                self.worker.put(part)

    def finish(self) -> None:
        """Hand over everything; the last step, unless the generator closed it, is not one."""
        with self._lock:
            # The discriminator's last update still counts for what is known of the loop.
            self._chunk.close(self._record)
            for item in [
                *self.extras.sheet_of(self._first + self.seen.steps - 1, self._stream),
                *self._outgoing,
                self._chunk,
            ]:
                self._hand_over(item)
            self._outgoing, self._closed = [], None

    def _use(self, device: torch.device) -> None:
        self.device = device
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        self._loop_stream = self._stream  # until a step says which
        self._chunk = Chunk(device)
        self._record = self._chunk.new_record()

    def _new_call(self, scores: Tensor) -> Call:
        rows = row_means(scores.detach())
        kept = thin(rows)
        if self._copying or self.seen.steps < _WARY_STEPS:
            version, original = kept._version, kept
            kept = kept.clone()
            if not self._always_copying:
                self._wary.append((original, version))
        return Call(kept, kept._version, every=-(-len(rows) // len(kept)))

    def _close_step(self) -> None:
        record, step = self._record, self.seen.steps
        record.step, record.time = self._first + step, time.time()
        self.seen.steps += 1
        self.seen.pooled_batches = self.captures.pooled_batches
        self._phase = 0
        if self._generator_first is None:
            # Mixed precision may skip the discriminator's first update: then its calls on detached samples tell.
            detached = any(c.from_generator and c.has_gradient and not c.differentiable_input for c in record.calls)
            self._generator_first = self.seen.has_discriminator and not self.seen.d_updates and not detached
        self._copying |= self._chunk.close(record)
        if step + 1 == _WARM_STEPS:
            self.warm = step + 1, self.guard.seconds - self._pipeline.costs.loop_seconds
        if self._wary:
            self._copying |= any(original._version != version for original, version in self._wary)
            self._wary = []
        for item in [*self.extras.sheet_of(record.step - 1, self._stream), *self._outgoing]:
            self._hand_over(item)
        self._outgoing, self._closed, self._called_since_close = [], (self._chunk, record), False
        if self._stream is not None:
            self._loop_stream = torch.cuda.current_stream(self.device)
        capture = self.captures.take(step, self._stream)
        collecting = self._pipeline.wants_real and len(self._chunk.records) >= _COLLECTING_STEPS
        late = time.monotonic() - self._chunk.started > _CHUNK_SECONDS
        if capture is not None or self._chunk.full or late or collecting:
            # It leaves one step later: a `log` after the update still belongs to this step.
            self._outgoing = [self._chunk] if capture is None else [self._chunk, capture]
            self._chunk = Chunk(self.device)
        self._record = self._chunk.new_record()

    def _hand_over(self, item: Chunk | Capture) -> None:
        if isinstance(item, Chunk):
            item.send(self._stream)
        if self.worker is not None:
            self.worker.put(item)

    def _on_sample_gradient(self, made: Made, samples: Tensor, inputs: Any, gradient: Tensor) -> None:
        if torch.is_grad_enabled():
            return
        # A reconstruction, or whatever else the discriminator was not asked about, is not what is watched.
        if made.pooled or (self.seen.recognised_samples and not made.consumed):
            return
        made.pooled = True
        if not self.captures.add(samples, inputs):
            self.guard.report(
                f"the generator's samples changed to shape {tuple(samples.shape[1:])} after "
                f"{self.captures.pool.shape}, so no more are captured; for a growing generator attach anew at each size"
            )

    def _on_score_gradient(self, call: Call, slope: Tensor | None, gradient: Tensor) -> None:
        rows = thin(along(gradient, slope))
        if torch.is_grad_enabled():
            call.graph, call.graph_first = rows.detach(), call.plain is None
        elif call.plain is None:
            call.plain = rows
        else:
            call.shared = True
