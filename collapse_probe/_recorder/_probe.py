"""The probe: what a training script holds in its hand."""

import atexit
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Unpack, final

from torch import Tensor

from .._distributed import Clock, Coordination, Wish, place
from .._records import Event
from ..errors import InvalidArgument, LoopNotUnderstood, in_a_line
from ._by_hand import HandScores, batches, check_by_hand, host_tensor, numbers, own_scalars, scalar, step_number
from ._notices import Off, warn
from ._options import Options, ProbeOptions, parse_options
from ._pipeline import Pipeline
from ._source import Source

# A probe's number is the same on every rank: all run the same script.
_MADE = {"by hand": itertools.count(), "attached": itertools.count()}


@final
class Probe:
    """Records a run and watches it; made by `attach`, or directly and then fed by hand with `step`.

    Use it as a context manager, or call `close` at the end: both flush, remove every hook and record how the run
    ended. Options are those of docs/options.md; an unknown or senseless one raises `InvalidArgument`.

    >>> import tempfile, torch
    >>> ring = torch.randn(256, 2)
    >>> with Probe(run=tempfile.mkdtemp(), real=ring) as probe:
    ...     probe.step(loss_d=0.7, loss_g=1.1, fake=torch.randn(64, 2))
    ...     probe.should_stop, probe.events
    (False, [])
    """

    def __init__(self, run: str | PathLike[str], **options: Unpack[ProbeOptions]) -> None:
        parsed = parse_options(options)
        check_by_hand(parsed)
        self._open(run, parsed)
        self._start("by hand")

    def _open(self, run: str | PathLike[str], options: Options) -> None:
        if not isinstance(run, str | PathLike) or not str(run):
            raise InvalidArgument(f"run is {run!r}; expected the path of a folder, e.g. 'runs/first'")
        self._source: Source | None = None
        self._step = self._highest = options.first_step
        self._scores = HandScores()
        self._paused = self._closed = False
        self._off = Off()
        self._place = here = place()
        self._pipeline = Pipeline(Path(run), options, current_step=self._steps_so_far, place=here, fail=self._fail)

    def _start(self, kind: str) -> None:
        clock = Clock(self._steps_so_far, lambda: self._off.error is None and getattr(self._source, "counting", True))
        wish = Wish(lambda: self._pipeline.should_stop, warn)
        self._coordination = Coordination(f"{kind}/{next(_MADE[kind])}", self._place, clock, wish)
        atexit.register(self._close, how="interpreter exit")

    @classmethod
    def _attached(cls, run: str | PathLike[str], options: Options, source: Callable[[Pipeline], Source]) -> "Probe":
        """A probe that `source` feeds."""
        probe = cls.__new__(cls)
        probe._open(run, options)
        try:
            probe._source = source(probe._pipeline)
        except BaseException:
            probe._pipeline.outbox.close()
            raise
        probe._start("attached")
        return probe

    def step(
        self,
        *,
        loss_d: Any = None,
        loss_g: Any = None,
        d_real: Any = None,
        d_fake: Any = None,
        fake: Any = None,
        real: Any = None,
        labels: Any = None,
        latents: Any = None,
        step: int | None = None,
        **scalars: Any,
    ) -> None:
        """Record one training step, by hand; what is given is analysed before it returns.

        `loss_d`, `loss_g` and further `scalars`: numbers or one-element tensors. `d_real`, `d_fake`: discriminator
        scores (n,) or (n, ...), real the higher. `fake`: generated samples (n, ...), captured and measured; the first
        batch sets how many rows are measured from then on. `real`: real samples, collected until there is a
        reference. `labels`, `latents`: kept with the capture. `step` renumbers, after a restored checkpoint.

        Raises `InvalidArgument`, and records nothing of this call, when something of it makes no sense.
        """
        if self._source is not None:
            raise InvalidArgument("this probe is attached and counts steps itself; call log(...) for your own scalars")
        self._refuse_if_closed()
        if self._paused or self._off.error is not None:
            return
        values = numbers({"loss_d": loss_d, "loss_g": loss_g}, scalars)
        generated, reals = batches(fake, real, self._pipeline.sample_shape)
        extras = {} if fake is None and real is None else {"labels": labels, "latents": latents}
        kept = {name: host_tensor(value) for name, value in extras.items() if value is not None}
        number = self._step if step is None else step_number(step)
        self._step = number + 1
        try:
            if d_real is not None or d_fake is not None:
                values |= self._scores.columns(d_real, d_fake)
            if number < self._highest:
                self._pipeline.take_up(number)
                self._coordination.start_over()
            self._highest = number + 1
            if reals is not None:
                self._pipeline.take_real(reals)
            self._pipeline.take_step(number, time.time(), values)
            self._pipeline.flush_soon()
            if generated is not None:
                self._pipeline.outbox.make_room("captures")
                self._pipeline.keeper.snapshot(number)
                self._pipeline.take_capture(number, generated, kept)
        except InvalidArgument:
            raise
        except Exception as failure:
            self._fail(failure)

    def log(self, **scalars: Any) -> None:
        """Attach the loop's own scalars (`loss_d`, `loss_g`, `lr`, ...) to the step in progress.

        Numbers or one-element tensors on any device; a tensor is copied without waiting for it. On an attached probe
        the step in progress lasts until the discriminator is called again, so that a `log` at the end of the loop's
        body belongs to the update that was just made. Names of the probe's own columns are refused.
        """
        self._refuse_if_closed()
        own_scalars(scalars)
        for name, value in scalars.items():
            # Nobody has to wait for a tensor on the CPU, and a number is the cheaper one to keep.
            if not isinstance(value, Tensor) or value.is_cpu or value.numel() != 1:
                scalars[name] = scalar(name, value)
        if self._source is None:
            raise InvalidArgument("this probe is fed by hand; pass scalars to step(...)")
        if not self._paused:
            self._tried(self._source.log, scalars)

    @property
    def should_stop(self) -> bool:
        """Whether an event of a kind in `stop_on` is critical; never makes the device wait.

        With many ranks all of them see it at the same step, a little later: see docs/attaching.md.
        """
        if self._source is not None:
            self._tried(self._source.polled)
        return bool(self._tried(self._coordination.should_stop))

    @property
    def run(self) -> Path:
        """The folder that it records in."""
        return self._pipeline.writer.path

    @property
    def events(self) -> list[Event]:
        """The events so far."""
        return list(self._pipeline.monitor.events)

    @property
    def error(self) -> str | None:
        """What went wrong inside the probe, or what of the loop it could not understand; None when all is well."""
        of_source = None if self._source is None else self._source.error
        pipeline = self._pipeline
        return self._off.error or of_source or pipeline.error or pipeline.keeper.error or pipeline.outbox.error

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Nothing inside is observed: for sampling, evaluation, inner loops."""
        before = self._paused
        self._set_paused(True)
        try:
            yield
        finally:
            self._set_paused(before)

    def close(self) -> None:
        """Flush, remove every hook, and record that the run ended; a second call does nothing."""
        self._close(how="stopped" if self.should_stop else "finished")

    def __enter__(self) -> "Probe":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._close(how="exception", error=in_a_line(error))

    def _fail(self, failure: Exception) -> None:
        """Misuse raises; any other failure turns the probe off with one warning, and training goes on."""
        if self._source is not None:
            self._source.fail(failure)
        else:
            self._off.by(failure)

    def _steps_so_far(self) -> int:
        return self._step if self._source is None else self._source.steps

    def _set_paused(self, paused: bool) -> None:
        self._paused = paused
        if self._source is not None:
            self._source.paused = paused

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise InvalidArgument("this probe is closed; make a new one to record on")

    def _close(self, *, how: str, error: str | None = None) -> None:
        if self._closed:
            return
        if self._pipeline.listener.thread == threading.get_ident():
            raise InvalidArgument("close() was called inside on_event; set a flag there and close in the training loop")
        self._closed = True
        atexit.unregister(self._close)
        # Each of it, whatever becomes of the others: hooks have to go, and what was recorded has to be written.
        self._tried(self._coordination.close)
        if (source := self._source) is not None:
            self._tried(source.detach)
        info = {} if source is None else self._tried(source.described) or {}
        info |= {"error": self.error}
        stopped_at = self._tried(lambda: self._coordination.stopped_at)
        self._tried(lambda: self._pipeline.close(how=how, error=error, info=info, stopped_at=stopped_at))
        self._tried(self._pipeline.outbox.close)
        if self._source is not None and self._source.refusal is not None and error is None:
            raise LoopNotUnderstood(self._source.refusal)

    def _tried(self, action: Callable[..., Any], *args: Any) -> Any:
        """What the action returns; None where it failed."""
        try:
            return action(*args)
        except LoopNotUnderstood:
            raise
        except Exception as failure:
            self._fail(failure)
            return None
