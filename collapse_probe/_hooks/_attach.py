"""`attach`: taps on the modules, hooks on the optimizers, and their removal."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from os import PathLike
from typing import Any, Unpack

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from .._recorder import Assembler, Options, Pipeline, Probe, ProbeOptions, Worker, parse_options, say
from ..errors import InvalidArgument, LoopNotUnderstood
from ._account import Account
from ._extras import Extras
from ._guard import outside_graphs
from ._observer import Observer
from ._parts import Parts
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

    Steps are counted by the generator's optimizer updates, the first is `first_step`. No losses, optimizers, labels or
    loaders are asked for. `run` is the folder of the record; options are those of docs/options.md. Training stays
    bit-identical. Raises `InvalidArgument` for arguments that make no sense; later trouble warns, once, and sets
    `probe.error`.

    >>> import tempfile
    >>> G, D = nn.Linear(4, 2), nn.Linear(2, 1)
    >>> with attach(G, D, run=tempfile.mkdtemp()) as probe:
    ...     probe.should_stop
    False
    """
    generator, discriminator = _inner(generator), _inner(discriminator)
    _check_modules(generator, discriminator)
    parsed = parse_options(options)
    modules = generator, discriminator
    extras = Extras(modules, parsed)
    return Probe._attached(run, parsed, lambda pipeline: _Attached(modules, parsed, pipeline=pipeline, extras=extras))


def _inner(module: Any) -> Any:
    """What a distributed wrapper trains: its own `forward` is not all that loops call."""
    return module.module if isinstance(module, nn.parallel.DistributedDataParallel) else module


def _check_modules(generator: nn.Module, discriminator: nn.Module | None) -> None:
    for name, module in (("generator", generator), ("discriminator", discriminator)):
        if module is None and name == "discriminator":
            continue
        if not isinstance(module, nn.Module):
            came = f"the class {module.__name__} itself" if isinstance(module, type) else type(module).__name__
            raise InvalidArgument(
                f"{name} is {came}; expected a torch.nn.Module that exists: attach(G, D, run=...). "
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
        extras.start(guard, pipeline)
        self._assembler = Assembler()
        if pipeline.rank:
            self._observer.captures.none()  # rank 0 alone looks at samples
        self._observer.worker = self._worker = Worker(
            pipeline, self._assembler, on_failure=guard.fail, idle=self._observer.send_what_waits
        )
        self._account = Account(self._observer, self._assembler, pipeline, self._worker)
        self._paused_at = 0.0
        self._parameters = [p for module in modules if module is not None for p in module.parameters()]
        self._versions = _versions(self._parameters)
        self.refusal: str | None = None
        self._checked = False
        self._sample = options.sample
        self._generator, discriminator = modules
        self._parts: Parts | None = None
        self._taps = [Tap(self._generator, guard(self._observer.on_generator))]
        if discriminator is not None:
            self._taps.append(Tap(discriminator, guard(self._on_discriminator)))
        before, after = outside_graphs(guard(self._observer.before_update)), outside_graphs(guard(self._after_update))
        self._handles = [
            register_optimizer_step_pre_hook(lambda optimizer, args, kwargs: before(optimizer)),
            register_optimizer_step_post_hook(lambda optimizer, args, kwargs: after(optimizer)),
        ]

    @property
    def error(self) -> str | None:
        """What failed, or what of the loop is not understood."""
        return self._guard.error or self._observer.extras.error

    @property
    def steps(self) -> int:
        """The number of the next step."""
        return self._pipeline.options.first_step + self._observer.seen.steps

    @property
    def counting(self) -> bool:
        """Whether steps are still counted; not after a failure."""
        return not self._guard.off

    @property
    def paused(self) -> bool:
        """Whether calls are let through unobserved."""
        return self._guard.paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        if paused != self._guard.paused:
            # What is not watched does not pay for captures.
            now = time.perf_counter()
            self._observer.captures.started += 0.0 if paused else now - self._paused_at
            self._paused_at = now
        self._guard.paused = paused

    def polled(self) -> None:
        """Should nothing be seen of the loop's updates, its questions are what is left to notice that by."""
        seen = self._observer.seen
        if self._checked or seen.steps or seen.d_updates:
            return
        seen.polls += 1
        if seen.polls % 50 == 0:
            self._look_for_changes()
            self._check()

    def fail(self, failure: Exception) -> None:
        """Watch no more, with one warning."""
        self._guard.fail(failure)

    def log(self, scalars: Mapping[str, Any]) -> None:
        """Attach scalars to the step in progress."""
        self.polled()
        self._guard(self._observer.log)(scalars)

    def detach(self) -> None:
        """Remove every hook and hand over what is left, each of it whatever becomes of the others."""
        with ExitStack() as last_first:
            last_first.callback(self._look_back)
            last_first.callback(self._worker.close)
            last_first.callback(self._finish)
            for handle in self._handles:
                last_first.callback(handle.remove)
            if self._parts is not None:
                last_first.callback(self._parts.remove)
            for tap in self._taps:
                last_first.callback(tap.remove)

    def _finish(self) -> None:
        # Also after a failure: what was recorded before it is whole.
        self._guard.paused = False
        self._guard.off = False
        self._guard(self._observer.finish)()
        self._guard.off = True

    def _look_back(self) -> None:
        self._look_for_changes()
        captures = self._observer.captures
        if captures.pooled_batches and not captures.taken and not self._pipeline.rank:
            say(
                f"nothing was captured: {self.steps} steps gave fewer than the {captures.pool.size} samples of a "
                "capture; pass a smaller sample_size=... for so short a run"
            )
        if not self._checked and (found := trouble(self._observer.seen, at_the_end=True)) is not None:
            if self._strict:
                self._guard.error = self.refusal = found
            else:
                self._guard.report(found)

    def described(self) -> dict[str, Any]:
        """What was seen of the loop, and what observing cost."""
        return self._account.described()

    def _on_discriminator(self, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        if self._parts is not None:
            # A generator that is called itself after all, once the discriminator had been trained, needs none of them.
            part = None if self._observer.seen.generator_calls else self._parts.shown(args, kwargs)
            if part is not None or self._observer.seen.generator_calls:
                self._parts.remove()
            if part is not None:
                self._taps.append(Tap(part, self._guard(self._observer.on_generator)))
        self._observer.on_discriminator(args, kwargs, output)

    def _after_update(self, optimizer: torch.optim.Optimizer) -> None:
        self._observer.after_update(optimizer)
        if self._parts is None and not self._observer.seen.generator_calls:
            self._parts = Parts(self._generator, self._sample)
        if not self._checked:
            self._check()

    def _look_for_changes(self) -> None:
        self._observer.seen.changed = _versions(self._parameters) != self._versions

    def _check(self) -> None:
        found = trouble(self._observer.seen)
        if found is not None:
            self._checked = True
            if self._strict:
                self._guard.error = found
                raise LoopNotUnderstood(found)
            self._guard.report(found)
        elif self._assembler.steps >= _UNDERSTOOD_STEPS:
            self._checked = self._observer.seen.steps >= 50
            sure = trouble(self._observer.seen, after=_UNDERSTOOD_STEPS) is None
            if self._checked or (self._pipeline.costs.taken and sure):
                self._say_once()

    def _say_once(self) -> None:
        if not self._guard.said and not self._pipeline.rank:
            self._guard.said = True
            say(self._account.line())


def _versions(parameters: list[nn.Parameter]) -> int:
    """Grows with each change of any of them in place."""
    return sum(parameter._version for parameter in parameters)
