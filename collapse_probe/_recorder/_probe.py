"""The probe: what a training script holds in its hand."""

import atexit
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Unpack, final

import numpy as np
import torch
from torch import Tensor

from .._records import Event
from ..errors import CollapseProbeError, InvalidArgument
from ._by_hand import HandScores, batch, own_scalars, scalar
from ._notices import warn
from ._options import Options, ProbeOptions, parse_options
from ._pipeline import Pipeline
from ._source import Source


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
        if parsed.labels is not None:
            raise InvalidArgument("a probe fed by hand sees no calls; give labels to step(labels=...)")
        if parsed.fixed_latents is not None:
            raise InvalidArgument("fixed_latents needs the generator itself: use attach(G, D, ...), or leave it out")
        if parsed.keep_best is not None and not parsed.keep_best[1]:
            raise InvalidArgument(
                "a probe fed by hand knows no modules; name those to keep: "
                'keep_best=("best.safetensors", {"generator": G})'
            )
        self._open(run, parsed)
        atexit.register(self._at_exit)

    def _open(self, run: str | PathLike[str], options: Options) -> None:
        if not isinstance(run, str | PathLike) or not str(run):
            raise InvalidArgument(f"run is {run!r}; expected the path of a folder, e.g. 'runs/first'")
        self._source: Source | None = None
        self._step = 0
        self._highest = 0
        self._scores = HandScores()
        self._paused = False
        self._closed = False
        self._failed: str | None = None
        self._pipeline = Pipeline(Path(run), options, current_step=self._steps_so_far)

    @classmethod
    def _attached(cls, run: str | PathLike[str], options: Options, source: Callable[[Pipeline], Source]) -> "Probe":
        """A probe that `source` feeds."""
        probe = cls.__new__(cls)
        probe._open(run, options)
        probe._source = source(probe._pipeline)
        atexit.register(probe._at_exit)
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
        if self._paused or self._failed is not None:
            return
        own_scalars(scalars)
        if step is not None and (isinstance(step, bool) or not isinstance(step, int) or step < 0):
            raise InvalidArgument(f"step is {step!r}; expected a whole number >= 0")
        losses = {"loss_d": loss_d, "loss_g": loss_g} | scalars
        values = {name: scalar(name, value) for name, value in losses.items() if value is not None}
        values |= self._scores.columns(d_real, d_fake)
        generated, reals = self._batches(fake, real)
        extras = {"labels": labels, "latents": latents}
        kept = {name: _tensor(value) for name, value in extras.items() if value is not None}
        number = self._step if step is None else step
        self._step = number + 1
        with self._failing_open():
            if step is not None and step < self._highest:
                self._pipeline.take_up(step)
            self._highest = number + 1
            if reals is not None:
                self._pipeline.take_real(reals)
            self._pipeline.take_step(number, time.time(), values)
            if generated is not None:
                self._pipeline.keeper.snapshot(number)
                self._pipeline.take_capture(number, generated, kept)

    def log(self, **scalars: Any) -> None:
        """Attach the loop's own scalars (`loss_d`, `loss_g`, `lr`, ...) to the step in progress.

        Numbers or one-element tensors on any device; a tensor is copied without waiting for it. On an attached probe
        the step in progress lasts until the discriminator is called again, so that a `log` at the end of the loop's
        body belongs to the update that was just made. Names of the probe's own columns are refused.
        """
        self._refuse_if_closed()
        own_scalars(scalars)
        for name, value in scalars.items():
            if not isinstance(value, Tensor) or value.numel() != 1:
                scalar(name, value)
        if self._source is None:
            raise InvalidArgument("this probe is fed by hand; pass scalars to step(...)")
        if not self._paused:
            self._source.log(scalars)

    @property
    def should_stop(self) -> bool:
        """Whether an event of a kind in `stop_on` is critical; never makes the device wait."""
        return self._pipeline.should_stop

    @property
    def events(self) -> list[Event]:
        """The events so far."""
        return list(self._pipeline.monitor.events)

    @property
    def error(self) -> str | None:
        """What went wrong inside the probe, or what of the loop it could not understand; None when all is well."""
        return self._failed or (self._source.error if self._source is not None else None) or self._pipeline.error

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
            self._close(how="exception", error=f"{type(error).__name__}: {error}")

    @contextmanager
    def _failing_open(self) -> Iterator[None]:
        """Misuse raises; any other failure turns the probe off with one warning, and training goes on."""
        try:
            yield
        except CollapseProbeError:
            raise
        except Exception as failure:
            if self.error is None:
                self._failed = f"{type(failure).__name__}: {failure}"
                warn(f"the probe failed and is off, training goes on: {self._failed}")

    def _steps_so_far(self) -> int:
        return self._step if self._source is None else self._source.steps

    def _set_paused(self, paused: bool) -> None:
        self._paused = paused
        if self._source is not None:
            self._source.paused = paused

    def _batches(self, fake: Any, real: Any) -> tuple[Tensor | None, Tensor | None]:
        generated = None if fake is None else batch("fake", fake)
        reals = None if real is None else batch("real", real)
        known = self._pipeline.sample_shape or (None if reals is None else tuple(reals.shape[1:]))
        for name, given in (("fake", generated), ("real", reals)):
            if given is not None and known is not None and tuple(given.shape[1:]) != known:
                raise InvalidArgument(
                    f"{name} holds samples of shape {tuple(given.shape[1:])} and the real reference {known}; "
                    "bring both to one shape, e.g. by reshaping, before they are given to the probe"
                )
        return generated, reals

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise InvalidArgument("this probe is closed; make a new one to record on")

    def _close(self, *, how: str, error: str | None = None) -> None:
        if self._closed:
            return
        if self._pipeline.telling_thread == threading.get_ident():
            raise InvalidArgument("close() was called inside on_event; set a flag there and close in the training loop")
        self._closed = True
        atexit.unregister(self._at_exit)
        info: dict[str, Any] = {}
        with self._failing_open():
            if self._source is not None:
                self._source.detach()
                info = self._source.described()
            self._pipeline.close(how=how, error=error, info=info)

    def _at_exit(self) -> None:
        self._close(how="interpreter exit")


def _tensor(value: Any) -> Tensor:
    return value.detach().cpu() if isinstance(value, Tensor) else torch.from_numpy(np.array(value))
