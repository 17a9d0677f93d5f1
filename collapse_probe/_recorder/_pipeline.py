"""From finished steps and captures to the run folder, statistics, events and the wish to stop."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .._monitor import MINIMUM_ROWS, Monitor, Reference, embed_rows, fit_reference, follow_classes
from .._records import Event
from .._store import CaptureBudget, RunWriter, load
from ..errors import InvalidArgument
from ._forms import as_array, as_columns, run_info
from ._keep_best import Keeper
from ._labels import class_indices
from ._notices import say, warn
from ._options import Options
from ._pool import FEWEST_ROWS
from ._reservoir import Reservoir, labelled_rows_of
from ._sheets import Sheets
from ._stored import observe_stored

FLUSH_SECONDS = 1.0
FLUSH_ROWS = 1000
_VITAL = frozenset(
    {"loss_d", "loss_g", "canonical_loss_d", "canonical_loss_g", "d_real", "d_fake", "grad_norm_d", "grad_norm_g"}
    | {"score_gradient_g"}
)


class Pipeline:
    """Everything behind the probe that is not the training loop; used from one thread at a time."""

    def __init__(self, path: Path, options: Options, *, current_step: Callable[[], int]) -> None:
        self.options = options
        self.monitor = Monitor(options.detector_options())
        self.reference: Reference | None = None
        self.should_stop = False
        self.error: str | None = None
        """What keeps captures from being measured; the rest goes on."""
        self.telling_thread: int | None = None
        """The thread in which `on_event` is running."""
        self.captures_measured = 0
        self.capture_seconds = 0.0
        self._current_step = current_step
        self._rows: list[dict[str, float]] = []
        self._flushed = time.monotonic()
        self._started = False
        self._small_batches = 0
        self._labelled = None if options.real is None else labelled_rows_of(options.real)
        self._given = None if self._labelled is None else self._labelled[0]
        if self._given is not None and len(self._given) < MINIMUM_ROWS:
            raise InvalidArgument(
                f"real holds {len(self._given)} samples; at least {MINIMUM_ROWS} are needed to say what is normal"
            )
        if self._given is not None and options.embed is not None:
            embed_rows(self._given[:2], options.embed)
        self._reservoir = Reservoir()
        self._budget = CaptureBudget(limit=options.disk_limit)
        self.writer = RunWriter(path, info=run_info(options))
        self.sheets = Sheets(self.writer, disk_limit=options.disk_limit)
        self.keeper = Keeper(options.keep_best)
        if self.writer.start:
            say(f"{path} holds a run already; its rows from the step where this one starts are replaced by newer ones")
        for step, size in self.writer.capture_sizes().items():
            self._thin(step, size)

    @property
    def wants_real(self) -> bool:
        """Whether real rows are still being collected."""
        return self._given is None and self.error is None and self.reference is None and not self._reservoir.done

    @property
    def sample_shape(self) -> tuple[int, ...] | None:
        """Shape of one real sample, once it is known."""
        if self.reference is not None:
            return tuple(self.reference.sample.shape[1:])
        return self._reservoir.shape if self._given is None else tuple(self._given.shape[1:])

    def take_real(self, batch: Tensor) -> None:
        """Real rows for the reference; rows of another shape end the collecting, not the recording."""
        if self.wants_real:
            with self._analysing():
                self._reservoir.add(batch)

    def take_up(self, step: int) -> None:
        """Go on at `step`, at or before what the folder holds: after a restored checkpoint, or in an earlier run.

        What is recorded from here replaces older rows of the same steps; the monitor knows those before, and the
        reference stays the one they were read against.
        """
        self.flush()
        if self._started:
            self.writer = RunWriter(self.writer.path, info=run_info(self.options))
        self._started = True
        run = load(self.writer.path)
        self.monitor = Monitor(self.options.detector_options())
        observe_stored(self.monitor, run.steps, run.statistics, bands=run.bands, before=step)
        self.keeper.take_up(run.statistics.loc[: step - 1], run.bands, self.monitor.events)
        self.should_stop = any(e.severity == "critical" and e.kind in self.options.stop_on for e in self.monitor.events)
        if self.reference is None and run.reference is not None:
            self._given = torch.from_numpy(run.reference)
            size = run.reference_metadata["sample_size"]
            self.reference = self._fit(self._given, sample_size=size, shuffle=False)

    def take_step(self, step: int, seconds: float, values: Mapping[str, float]) -> None:
        """A finished step: its columns, as measured at `seconds` since the epoch."""
        # The loop's other scalars may be undefined without harm: an accuracy of nothing, say.
        bad = sum(not math.isfinite(value) for name, value in values.items() if name in _VITAL)
        if not self._started and step and self.writer.start:
            with self._analysing():
                self.take_up(step)
        self._started = True
        row = dict(values) | ({"not_finite": float(bad)} if bad else {})
        self._rows.append({"step": step, "time": seconds} | row)
        self._raise(self.monitor.observe_step(step, row))
        if len(self._rows) >= FLUSH_ROWS or time.monotonic() - self._flushed > FLUSH_SECONDS:
            self.flush()

    def take_capture(self, step: int, generated: Tensor, extras: Mapping[str, Tensor] | None = None) -> None:
        """Generated samples (n, ...): stored, and measured once there is a reference."""
        generated = generated.detach()
        tensors = {"generated": generated} | dict(extras or {})
        self.flush()
        size = self.writer.write_capture(step, {name: as_array(tensor) for name, tensor in tensors.items()})
        self._thin(step, size)
        if self.error is None:
            with self._analysing():
                self._measure(step, generated, class_indices(tensors.get("labels"), len(generated)))
        self.keeper.passed(step)

    def _measure(self, step: int, generated: Tensor, labels: Tensor | None) -> None:
        reference = self._reference_for(generated)
        if reference is None:
            return
        began = time.thread_time()
        row = reference.measure(generated, labels)
        self.writer.append_statistics(as_columns([{"step": step} | row]))
        self._raise(self.monitor.observe_statistics(step, row, reference.bands))
        self.keeper.judge(step, row, reference.bands, self.monitor.events)
        self.captures_measured += 1
        self.capture_seconds += time.thread_time() - began

    @contextmanager
    def _analysing(self) -> Iterator[None]:
        """A failure in here ends the analysis, with one warning; steps and captures go on being recorded."""
        try:
            yield
        except OSError:
            raise
        except Exception as failure:
            self._give_up(f"{type(failure).__name__}: {' '.join(str(failure).split())[:300]}")

    def _give_up(self, reason: str) -> None:
        if self.error is None:
            self.error = reason
            warn(f"nothing can be measured any more: {reason}. Steps and captures are recorded all the same.")

    def flush(self) -> None:
        """Hand the steps so far to the operating system."""
        if self._rows:
            self.writer.append_steps(as_columns(self._rows))
            self._rows = []
        self._flushed = time.monotonic()

    def close(self, *, how: str, error: str | None, info: Mapping[str, Any]) -> None:
        """Write what is left and how the run ended."""
        self.flush()
        self.keeper.close()
        own = {"error": self.error} | ({} if self.keeper.written is None else {"kept_step": self.keeper.written})
        info = own | {name: value for name, value in info.items() if value is not None}
        self.writer.update_info(**info, captures_removed=self._budget.removed, sheets_removed=self.sheets.removed)
        self.writer.close(how=how, error=error)

    def _thin(self, step: int, size: int) -> None:
        for gone in self._budget.add(step, size):
            self.writer.remove_capture(gone)

    def _reference_for(self, generated: Tensor) -> Reference | None:
        if self.reference is None:
            sample = (
                self._given if self._given is not None else (self._reservoir.rows() if self._reservoir.done else None)
            )
            if sample is None or not self._can_be_read(generated, sample):
                return None
            size = min(len(generated), self.options.sample_size)
            self.reference = self._fit(sample, sample_size=size, shuffle=True)
            self._write(self.reference)
        return self.reference

    def _can_be_read(self, generated: Tensor, real: Tensor) -> bool:
        if generated.shape[1:] != real.shape[1:]:
            self._give_up(
                f"the generator makes samples of shape {tuple(generated.shape[1:])} and the real data have "
                f"{tuple(real.shape[1:])}; pass real=... in the generator's shape, or sample=... to pick the samples "
                "from its output"
            )
        elif len(generated) < FEWEST_ROWS:
            if not self._small_batches:
                warn(
                    f"a batch of {len(generated)} samples says nothing about diversity and is not measured; give at "
                    f"least {FEWEST_ROWS} at a time"
                )
            self._small_batches += 1
            return False
        return self.error is None

    def _fit(self, sample: Tensor, *, sample_size: int, shuffle: bool) -> Reference:
        modes, embed = self.options.modes, self.options.embed
        reference = fit_reference(sample, sample_size=sample_size, modes=modes, embed=embed, shuffle=shuffle)
        rows, labels = self._labelled or (None, None)
        return reference if rows is None or labels is None else follow_classes(reference, rows, labels)

    def _write(self, reference: Reference) -> None:
        tensors = {"real": as_array(reference.sample)} | {
            f"{name}.{key}": as_array(tensor)
            for name, state in reference.states.items()
            for key, tensor in state.items()
        }
        self.writer.write_reference(tensors, reference.described())

    def _raise(self, events: list[Event]) -> None:
        for event in events:
            stops = event.severity == "critical" and event.kind in self.options.stop_on
            self.should_stop = self.should_stop or stops
            self.flush()
            self._budget.protect((event.onset, event.step))
            self.writer.append_event(event, visible_at=self._current_step() if stops else None)
            say(f"{event.severity}: {event.message}")
            self._tell(event)

    def _tell(self, event: Event) -> None:
        if self.options.on_event is None:
            return
        self.telling_thread = threading.get_ident()
        try:
            self.options.on_event(event)
        except (Exception, SystemExit) as error:
            warn(f"on_event raised {type(error).__name__}: {error}; the run goes on")
        finally:
            self.telling_thread = None
