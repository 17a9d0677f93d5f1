"""What the taps and the optimizer hooks saw becomes steps: calls, phases, scores and captures."""

import functools
import sys
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import unserializable_hook

from .._recorder import Call, Capture, Chunk, Options, Pipeline, Player, Pool, StepRecord, Transfer, Worker, scalar
from ._extras import Extras
from ._guard import Guard
from ._outputs import inputs_of, row_means, same_storage, samples_of, scores_of
from ._self_check import Seen

_COLLECTING_STEPS = 8
_CHUNK_SECONDS = 0.25
_REMEMBERED_OUTPUTS = 2


class Observer:
    """The step path: runs inside the training loop, never waits, never computes with the modules."""

    def __init__(
        self, modules: tuple[nn.Module, nn.Module | None], options: Options, *, pipeline: Pipeline, extras: Extras
    ) -> None:
        generator, discriminator = modules
        self.guard = Guard()
        self.seen = Seen(has_discriminator=discriminator is not None)
        self.worker: Worker | None = None
        self.batch_size = 0
        self.captures = 0
        self.pool = Pool(options.sample_size)
        self.schedule = options.schedule()
        self._options = options
        self.extras = extras
        extras.start(self.guard, pipeline.keeper)
        self._pipeline = pipeline
        self._parameters = tuple({id(p) for p in m.parameters()} if m is not None else set() for m in modules)
        self._players: weakref.WeakKeyDictionary[torch.optim.Optimizer, Player | None] = weakref.WeakKeyDictionary()
        self._outputs: deque[Tensor] = deque(maxlen=_REMEMBERED_OUTPUTS)
        self._pending: list[Call] = []
        self._phase = 0
        self._closed: tuple[Chunk, StepRecord] | None = None
        self._outgoing: list[Chunk | Capture] = []
        self._called_since_close = False
        self._generator_first: bool | None = None
        self._started = time.perf_counter()
        self._use(next(generator.parameters()).device)

    @property
    def device_bytes(self) -> int:
        """Most memory that its buffers take on the device: two chunks, the pool, and the copy of it on its way out."""
        return 2 * self._chunk.nbytes + 2 * self.pool.nbytes

    def on_generator(self, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        """A call of G returned."""
        self.seen.generator_calls += 1
        samples = samples_of(output, self._options.sample)
        if samples is None or not len(samples):
            return
        self._outputs.append(samples.detach())
        self.extras.sheets.on_generator(args, kwargs, self._outputs[-1])
        if samples.requires_grad:
            # Sampling for a look at it sends no gradient back; training does.
            self._called_since_close |= not self.seen.has_discriminator
            labels = self.extras.labels_of(args, kwargs)
            used = _Once(self.guard(functools.partial(self._pool_samples, self._outputs[-1], labels)))
            samples.register_hook(unserializable_hook(used))

    def on_discriminator(self, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        """A call of D returned."""
        self.seen.discriminator_calls += 1
        shape = tuple(self._outputs[-1].shape[1:]) if self._outputs else None
        inputs = inputs_of(args, kwargs, shape)
        scores = None if inputs is None else scores_of(output, inputs, self._options.score)
        if inputs is None or scores is None or not scores.requires_grad or not scores.numel():
            return
        self._called_since_close = True
        if scores.device != self._chunk.device and not self._chunk.used:
            self._use(scores.device)
        call = self._chunk.write_scores(row_means(scores))
        if call is None:
            return
        call.from_generator = any(same_storage(inputs, known) for known in self._outputs)
        if call.from_generator:
            self.extras.sheets.consumed(inputs)
        call.differentiable_input = inputs.grad_fn is not None
        if self._pipeline.wants_real and not call.from_generator and len(inputs) == len(scores):
            self._chunk.keep_inputs(call, inputs)
        self._pending.append(call)
        self._record.calls.append(call)
        received = self.guard(functools.partial(self._on_score_gradient, self._chunk, call))
        scores.register_hook(unserializable_hook(received))

    def before_update(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer is about to step: its gradients are as they will be applied."""
        player = self._player(optimizer)
        if player is None:
            return
        held = (p.grad for group in optimizer.param_groups for p in group["params"])
        gradients = [gradient for gradient in held if gradient is not None and not gradient.is_sparse]
        names = {"generator": ["grad_norm_g"], "discriminator": ["grad_norm_d"], "both": ["grad_norm_g", "grad_norm_d"]}
        for name in names[player] if gradients else ():
            self._chunk.write_scalar(self._record, name, torch.nn.utils.get_total_norm(gradients))

    def after_update(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer stepped: the calls since the last update belong to its player's phase."""
        player = self._player(optimizer)
        if player is None:
            self.seen.other_updates += 1
            return
        for call in self._pending:
            call.phase, call.player = self._phase, player
            if player != "discriminator" and call.differentiable_input and call.has_gradient:
                self.seen.judged_samples += 1
        self._pending = []
        self._phase += 1
        if player != "generator":
            self.seen.d_updates += 1
        if player != "discriminator":
            self._close_step()

    def log(self, scalars: Mapping[str, Any]) -> None:
        """Attach scalars to the step in progress."""
        chunk, record = self._chunk, self._record
        if self._closed is not None and (self._generator_first or not self._called_since_close):
            chunk, record = self._closed
        for name, value in scalars.items():
            if isinstance(value, Tensor) and value.device == chunk.device:
                chunk.write_scalar(record, name, value.detach().reshape(()))
            else:
                record.scalars[name] = scalar(name, value)

    def finish(self) -> None:
        """Hand over everything; the last step, unless the generator closed it, is not one."""
        self._send_sheet(self.seen.steps - 1)
        for item in [*self._outgoing, self._chunk]:
            self._hand_over(item)
        self._outgoing = []

    def _use(self, device: torch.device) -> None:
        self.device = device
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        self._chunk = Chunk(device)
        self._record = self._chunk.new_record()

    def _close_step(self) -> None:
        record, step = self._record, self.seen.steps
        self._send_sheet(step - 1)
        record.step, record.time = step, time.time()
        self.seen.steps += 1
        self._phase = 0
        if self._generator_first is None:
            # Judged by its calls and not its updates: mixed precision may skip the discriminator's first update.
            self._generator_first = not any(c.has_gradient and not c.differentiable_input for c in record.calls)
            self._generator_first &= self.seen.has_discriminator
        for item in self._outgoing:
            self._hand_over(item)
        self._outgoing = []
        self._closed = (self._chunk, record)
        self._called_since_close = False
        capture = self._capture(step)
        collecting = self._pipeline.wants_real and len(self._chunk.records) >= _COLLECTING_STEPS
        late = time.monotonic() - self._chunk.started > _CHUNK_SECONDS
        if capture is not None or self._chunk.full or late or collecting:
            # It leaves one step later: a `log` after the update still belongs to this step.
            self._outgoing = [self._chunk] if capture is None else [self._chunk, capture]
            self._chunk = Chunk(self.device)
        self._record = self._chunk.new_record()

    def _capture(self, step: int) -> Capture | None:
        if step < self.schedule.next_due or not self.pool.full:
            return None
        extras = self.extras.at_capture(step)
        transfer = Transfer([self.pool.snapshot(), *extras.values()], self._stream)
        self.captures += 1
        if self._pipeline.captures_measured and step:
            elapsed = time.perf_counter() - self._started
            cost = self._pipeline.capture_seconds / self._pipeline.captures_measured + self.extras.seconds_per_capture
            self.schedule.measured(capture_seconds=cost, step_seconds=elapsed / step)
        self.schedule.captured(step)
        return Capture(step, transfer, ("generated", *extras))

    def _send_sheet(self, step: int) -> None:
        sheet = self.extras.sheets.close_step()
        if sheet is not None:
            self._hand_over(Capture(step, Transfer([sheet], self._stream), ("sheet",)))

    def _hand_over(self, item: Chunk | Capture) -> None:
        if isinstance(item, Chunk):
            item.send(self._stream)
        if self.worker is not None:
            self.worker.put(item)

    def _pool_samples(self, samples: Tensor, labels: Any) -> None:
        self.batch_size = len(samples)
        self.extras.sheets.consumed(samples)
        self.seen.pooled_batches += 1
        due = self.schedule.next_due - self.seen.steps
        # Copying every batch into the ring would be a cost at each step: start when it will just be full in time.
        if due * len(samples) > self.pool.size + len(samples):
            return
        if self.pool.add(samples):
            self.extras.add_labels(labels, samples, self.pool)
        else:
            self.schedule.next_due = sys.maxsize
            self.guard.report(
                f"the generator's samples changed to shape {tuple(samples.shape[1:])} after {self.pool.shape}, so no "
                "more are captured; for a growing generator attach anew at each size"
            )

    def _on_score_gradient(self, chunk: Chunk, call: Call, gradient: Tensor) -> None:
        rows = row_means(gradient)
        if torch.is_grad_enabled():
            if not call.plain_gradient:
                chunk.write_gradients(call, rows, add=call.graph_gradient)
            call.graph_gradient = True
        else:
            chunk.write_gradients(call, rows, add=call.plain_gradient)
            call.plain_gradient = True

    def _player(self, optimizer: torch.optim.Optimizer) -> Player | None:
        if optimizer not in self._players:
            held = {id(p) for group in optimizer.param_groups for p in group["params"]}
            in_g, in_d = (bool(held & ours) for ours in self._parameters)
            self._players[optimizer] = (
                "both" if in_g and in_d else "generator" if in_g else "discriminator" if in_d else None
            )
        return self._players[optimizer]


class _Once:
    """Calls `action` at the first gradient only: a second backward through the same samples adds nothing."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action: Callable[[], None] | None = action

    def __call__(self, gradient: Tensor) -> None:
        if self._action is not None:
            action, self._action = self._action, None
            action()
