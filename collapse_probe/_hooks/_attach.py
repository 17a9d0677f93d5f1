"""`attach`: taps on the modules, hooks on the optimizers, and their removal."""

from collections.abc import Mapping
from os import PathLike
from typing import Any, Unpack

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from .._recorder import Assembler, Options, Pipeline, Probe, ProbeOptions, Worker, parse_options, say
from ..errors import InvalidArgument, LoopNotUnderstood
from ._extras import Extras
from ._observer import Observer
from ._self_check import trouble
from ._tap import Tap

_UNDERSTOOD_STEPS = 10


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
    extras, modules = Extras(generator, parsed), (generator, discriminator)
    return Probe._attached(run, parsed, lambda pipeline: _Attached(modules, parsed, pipeline=pipeline, extras=extras))


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
        self, modules: tuple[nn.Module, nn.Module | None], options: Options, *, pipeline: Pipeline, extras: Extras
    ) -> None:
        self._strict = options.strict
        self._pipeline = pipeline
        self._observer = Observer(modules, pipeline, extras)
        self._guard = guard = self._observer.guard
        extras.start(guard, pipeline.keeper)
        self._assembler = Assembler()
        self._observer.worker = self._worker = Worker(pipeline, self._assembler, on_failure=guard.fail)
        self._checked = False
        generator, discriminator = modules
        self._taps = [Tap(generator, guard(self._observer.on_generator))]
        if discriminator is not None:
            self._taps.append(Tap(discriminator, guard(self._observer.on_discriminator)))
        before, after = guard(self._observer.before_update), guard(self._after_update)
        self._handles = [
            register_optimizer_step_pre_hook(lambda optimizer, args, kwargs: before(optimizer)),
            register_optimizer_step_post_hook(lambda optimizer, args, kwargs: after(optimizer)),
        ]

    @property
    def error(self) -> str | None:
        """What failed, or what of the loop is not understood."""
        return self._guard.error

    @property
    def steps(self) -> int:
        """Steps closed so far."""
        return self._observer.seen.steps

    @property
    def paused(self) -> bool:
        """Whether calls are let through unobserved."""
        return self._guard.paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._guard.paused = paused

    def log(self, scalars: Mapping[str, Any]) -> None:
        """Attach scalars to the step in progress."""
        self._guard(self._observer.log)(scalars)

    def detach(self) -> None:
        """Remove every hook and hand over what is left."""
        for tap in self._taps:
            tap.remove()
        for handle in self._handles:
            handle.remove()
        # Also after a failure: what was recorded before it is whole.
        self._guard.paused = False
        self._guard.off = False
        self._guard(self._observer.finish)()
        self._guard.off = True
        self._worker.close()

    def described(self) -> dict[str, Any]:
        """What was seen of the loop, and what observing cost."""
        seen = self._observer.seen
        return {
            "device": str(self._observer.device),
            "loop": {
                "steps": seen.steps,
                "discriminator_updates": seen.d_updates,
                "calls": dict(self._assembler.counts),
                "score": self._assembler.kind if seen.has_discriminator else None,
                "orientation": self._assembler.tagger.orientation,
                "batch_size": self._observer.batch_size,
            },
            "cost": {
                "seconds_per_step": self._guard.seconds / max(1, seen.steps),
                "seconds_per_capture": self._pipeline.capture_seconds / max(1, self._pipeline.captures_measured)
                + self._observer.extras.seconds_per_capture,
                "device_bytes": self._observer.device_bytes,
                "captures": self._observer.captures,
                "captures_dropped": self._worker.dropped,
                **self._pipeline.keeper.cost(),
            },
        }

    def _after_update(self, optimizer: torch.optim.Optimizer) -> None:
        self._observer.after_update(optimizer)
        if self._checked:
            return
        found = trouble(self._observer.seen)
        if found is not None:
            self._checked = True
            if self._strict:
                self._guard.error = found
                raise LoopNotUnderstood(found)
            self._guard.report(found)
        elif self._assembler.steps >= _UNDERSTOOD_STEPS:
            self._checked = self.steps >= 50
            self._say_once()

    def _say_once(self) -> None:
        if self._guard.said:
            return
        self._guard.said = True
        observer, seen = self._observer, self._observer.seen
        calls = ", ".join(f"{count} {tag}" for tag, count in self._assembler.counts.items())
        ratio = seen.d_updates / seen.steps
        say(
            f"watching: batches of {observer.batch_size}, {ratio:.1f} discriminator updates a step, "
            f"kind of score: {self._assembler.kind}, calls so far: {calls or 'of the generator alone'}; "
            f"captures of {observer.pool.size} samples, at first every {observer.schedule.interval} steps"
        )
