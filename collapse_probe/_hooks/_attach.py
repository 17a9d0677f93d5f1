"""`attach`: taps on the modules, hooks on the optimizers, and their removal."""

import time
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any, Unpack

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from .._recorder import Options, Pipeline, Probe, ProbeOptions, Worker, parse_options, say, warn
from ..errors import InvalidArgument, LoopNotUnderstood
from ._observer import Observer
from ._tap import Tap

_UNDERSTOOD_BY = 50


def attach(
    generator: nn.Module,
    discriminator: nn.Module | None = None,
    *,
    run: str | PathLike[str],
    **options: Unpack[ProbeOptions],
) -> Probe:
    """Observe a GAN while it trains: one line, after the networks exist and before the loop.

    Steps are counted by the generator's optimizer updates, the first is 0. No losses, optimizers, labels or loaders
    are asked for. `run` is the folder of the record; options are those of docs/options.md. Training stays
    bit-identical. Raises `InvalidArgument` for arguments that make no sense; later trouble warns, once, and sets
    `probe.error`.

    >>> import tempfile
    >>> G, D = nn.Linear(4, 2), nn.Linear(2, 1)
    >>> with attach(G, D, run=tempfile.mkdtemp()) as probe:
    ...     probe.should_stop
    False
    """
    _check_modules(generator, discriminator)
    parsed = parse_options(options)
    return Probe._attached(run, parsed, lambda probe, pipeline: _Attached(generator, discriminator, parsed, pipeline))


def _check_modules(generator: nn.Module, discriminator: nn.Module | None) -> None:
    for name, module in (("generator", generator), ("discriminator", discriminator)):
        if module is None and name == "discriminator":
            continue
        if not isinstance(module, nn.Module):
            raise InvalidArgument(
                f"{name} is {type(module).__name__}; expected a torch.nn.Module: attach(G, D, run=...). "
                "Without modules, feed collapse_probe.Probe by hand"
            )
        if not any(p.requires_grad for p in module.parameters()):
            raise InvalidArgument(
                f"{name} is a {type(module).__name__} without trainable parameters; its updates could not be seen: "
                "pass the module that the optimizer trains"
            )
        if isinstance(module.__dict__.get("forward"), Tap):
            raise InvalidArgument(f"{name} is watched by another probe already; close that one first")
    if generator is discriminator:
        raise InvalidArgument("generator and discriminator are the same module; pass the two networks")


class _Attached:
    """Feeds a probe from taps and hooks until it is detached."""

    def __init__(
        self, generator: nn.Module, discriminator: nn.Module | None, options: Options, pipeline: Pipeline
    ) -> None:
        self.error: str | None = None
        self._strict = options.strict
        self._observer = Observer(generator, discriminator, options, pipeline)
        self._has_discriminator = discriminator is not None
        self._pipeline = pipeline
        self._observer.worker = self._worker = Worker(pipeline, self._observer.assembler, on_failure=self._fail)
        self._seconds = 0.0
        self._updates = 0
        self._checked = False
        self._disabled = False
        self._taps = [Tap(generator, self._guarded(self._observer.on_generator))]
        if discriminator is not None:
            self._taps.append(Tap(discriminator, self._guarded(self._observer.on_discriminator)))
        before, after = self._guarded(self._observer.before_update), self._guarded(self._after_update)
        self._handles = [
            register_optimizer_step_pre_hook(lambda optimizer, args, kwargs: before(optimizer)),
            register_optimizer_step_post_hook(lambda optimizer, args, kwargs: after(optimizer)),
        ]

    @property
    def steps(self) -> int:
        """Steps closed so far."""
        return self._observer.steps

    @property
    def paused(self) -> bool:
        """Whether calls are let through unobserved."""
        return self._observer.paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._observer.paused = paused

    def log(self, scalars: Mapping[str, Any]) -> None:
        """Attach scalars to the step in progress."""
        self._guarded(self._observer.log)(scalars)

    def detach(self) -> None:
        """Remove every hook and hand over what is left."""
        for tap in self._taps:
            tap.remove()
        for handle in self._handles:
            handle.remove()
        if not self._disabled:
            self._guarded(self._observer.finish)()
        self._worker.close()

    def described(self) -> dict[str, Any]:
        """What was seen of the loop, and what observing cost."""
        observer, assembler = self._observer, self._observer.assembler
        steps = max(1, observer.steps)
        return {
            "device": str(observer.device),
            "loop": {
                "steps": observer.steps,
                "discriminator_updates": observer.d_updates,
                "calls": dict(assembler.counts),
                "score": assembler.kind if self._has_discriminator else None,
                "orientation": assembler.tagger.orientation,
                "batch_size": observer.batch_size,
            },
            "cost": {
                "seconds_per_step": self._seconds / steps,
                "seconds_per_capture": self._pipeline.capture_seconds / max(1, self._pipeline.captures_measured),
                "captures": observer.captures,
                "captures_dropped": self._worker.dropped,
            },
            "error": self.error,
        }

    def _after_update(self, optimizer: torch.optim.Optimizer) -> None:
        self._observer.after_update(optimizer)
        self._updates += 1
        if not self._checked and (self._observer.steps >= 10 or self._updates >= _UNDERSTOOD_BY):
            self._self_check(final=self._updates >= _UNDERSTOOD_BY)

    def _self_check(self, *, final: bool) -> None:
        """One line on what was understood, or one warning on what was not, within the first 50 updates."""
        observer = self._observer
        trouble = None
        if not observer.generator_calls:
            trouble = (
                "the generator was never called, though optimizers stepped; attach the module whose call returns the "
                "samples (for StyleGAN G.synthesis), before a step function is compiled"
            )
        elif not observer.steps:
            trouble = "no optimizer updated the generator's parameters; attach the modules that your optimizers train"
        elif self._has_discriminator and not observer.discriminator_calls:
            trouble = "the discriminator was never called; attach the module whose call returns the scores"
        elif self._has_discriminator and not observer.d_updates:
            trouble = "no optimizer updated the discriminator's parameters; pass the module that its optimizer trains"
        if trouble is None:
            self._checked = True
            ratio = observer.d_updates / max(1, observer.steps)
            say(
                f"watching: batch {observer.batch_size}, {ratio:.1f} discriminator updates a step, "
                f"captures of {observer._pool.size} samples every {observer._schedule.interval} steps"
            )
        elif final:
            self._checked = True
            self.error = trouble
            if self._strict:
                raise LoopNotUnderstood(trouble)
            warn(f"{trouble}. Recording what can be understood.")

    def _guarded(self, action: Callable[..., None]) -> Callable[..., None]:
        """The action, timed, silent while paused, and unable to break the training loop."""

        def run(*args: Any) -> None:
            if self._disabled or self._observer.paused:
                return
            began = time.perf_counter()
            try:
                action(*args)
            except LoopNotUnderstood:
                raise
            except Exception as error:
                self._fail(error)
            self._seconds += time.perf_counter() - began

        return run

    def _fail(self, error: Exception) -> None:
        if self._disabled:
            return
        self._disabled = True
        self.error = f"{type(error).__name__}: {error}"
        warn(f"the probe failed and is off, training goes on: {self.error}")
