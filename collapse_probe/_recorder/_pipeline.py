"""From finished steps and captures to the run folder, statistics, events and the wish to stop."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .._distributed import ALONE, Place
from .._monitor import Monitor, Reference, fit_reference, follow_classes, overfitting_of
from .._records import Event, told
from ..errors import in_a_line
from ._costs import CaptureCosts
from ._forms import as_array, as_columns, counted_not_finite, other_shapes, reference_tensors, run_info, too_few
from ._given import class_examples, given_reference, with_held_out
from ._keep_best import Keeper
from ._labels import class_indices
from ._notices import Listener, say, warn
from ._opening import Fail, open_record
from ._options import Options
from ._pool import FEWEST_ROWS
from ._reservoir import Reservoir
from ._rows import Flusher, Rows
from ._sheets import Sheets
from ._stored import observe_stored, read_back
from ._thinned import Thinned


class Pipeline:
    """Everything behind the probe that is not the training loop; used from one thread at a time.

    Of many ranks only rank 0 analyses: the others record their steps.
    """

    def __init__(
        self, path: Path, options: Options, *, current_step: Callable[[], int], place: Place = ALONE, fail: Fail = str
    ) -> None:
        self.options = options
        self.rank = place.rank
        self._alone = place.world_size == 1
        self.monitor = Monitor(options.detector_options())
        self.reference: Reference | None = None
        self.should_stop = False
        self.error: str | None = None
        """What keeps captures from being measured; the rest goes on."""
        self.listener = Listener(options.on_event)
        self._current_step = current_step
        self._rows = Rows()
        self._flusher = Flusher(self.flush)
        self._started = False
        self._told_of_small_batches = False
        self._labelled = (None, None) if self.rank else given_reference(options)
        self._given = self._labelled[0]
        self._reservoir = Reservoir()
        info = run_info(options) | {"world_size": place.world_size}
        self.writer, self.outbox = open_record(path, options, info=info, place=place, fail=fail)
        self.costs = CaptureCosts(lambda: self.outbox.capture_seconds)
        with ExitStack() as if_this_fails:
            if_this_fails.callback(self.outbox.close)
            self.captures = Thinned("captures", self.writer, disk_limit=options.disk_limit)
            self.sheets = Sheets(self.writer, disk_limit=options.disk_limit)
            self.keeper = Keeper(options.keep_best, self.outbox.put)
            if_this_fails.pop_all()

    @property
    def wants_real(self) -> bool:
        """Whether real rows are still being collected."""
        may = not self.rank and self._given is None and self.error is None and self.reference is None
        return may and not self._reservoir.done

    @property
    def sample_shape(self) -> tuple[int, ...] | None:
        """Shape of one real sample, once it is known."""
        if self.reference is not None:
            return tuple(self.reference.sample.shape[1:])
        return self._reservoir.shape if self._given is None else tuple(self._given.shape[1:])

    @property
    def real_rows(self) -> Tensor | None:
        """The real samples (m, ...) that everything is read against, as soon as they are known."""
        return self._given if self.reference is None else self.reference.sample

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
            self.writer.start_anew()
        self._started = True
        if self.rank:
            return
        self.monitor = Monitor(self.options.detector_options())
        run = read_back(self.writer.path, self.outbox)
        if run is None:
            return
        if self.reference is None and run.reference is not None:
            self._given = torch.from_numpy(run.reference)
            size = run.reference_metadata["sample_size"]
            self.reference = self._fit(self._given, sample_size=size, shuffle=False)
        # Those of the reference know of held-out data that an earlier start did not have.
        bands = run.bands if self.reference is None else {**self.reference.bands, **run.bands}
        observe_stored(self.monitor, run.decisive_steps, run.statistics, bands=bands, before=step)
        for stored, current in ((self.captures, run.batches), (self.sheets, run.sheets)):
            stored.taken_up(step, current)
            stored.protect(self.monitor.events)
        self.keeper.take_up(run.statistics.loc[: step - 1], run.bands, self.monitor.events)
        self.should_stop = any(self._stops(event) for event in self.monitor.events)

    def take_step(self, step: int, seconds: float, values: Mapping[str, float]) -> None:
        """A finished step: its columns, as measured at `seconds` since 1970."""
        values = counted_not_finite(values)
        if not self._started and step and self.writer.start:
            with self._analysing():
                self.take_up(step)
        self._started = True
        self._rows.add((step, seconds, values))
        if not self.rank:
            self._raise(self.monitor.observe_step(step, values))
        if self._rows.due:
            self.flush()
            self.outbox.make_room("rows")  # the loop may be faster than the thread that writes

    def take_ahead(self, step: int, seconds: float, values: Mapping[str, float]) -> None:
        """A finished step to which the loop may still add: it is stored as it is, and observed with `take_step`."""
        self._rows.flush(self.writer, ahead=(step, seconds, dict(counted_not_finite(values))))

    def take_capture(self, step: int, generated: Tensor, extras: Mapping[str, Tensor] | None = None) -> None:
        """Generated samples (n, ...): stored, and measured once there is a reference."""
        if self.rank:
            return
        with self.costs.counted():
            self._take_capture(step, generated.detach(), extras)
        self.costs.taken += 1

    def _take_capture(self, step: int, generated: Tensor, extras: Mapping[str, Tensor] | None) -> None:
        tensors = {"generated": generated} | dict(extras or {})
        self.flush()
        size = self.writer.write_capture(step, {name: as_array(tensor) for name, tensor in tensors.items()})
        self.captures.wrote(self.writer, step=step, size=size)
        if self.error is None:
            with self._analysing():
                self._measure(step, generated, tensors)
        self.keeper.passed(step)

    def _measure(self, step: int, generated: Tensor, tensors: Mapping[str, Tensor]) -> None:
        reference = self._reference_for(generated)
        if reference is None:
            return
        row = reference.measure(generated, class_indices(tensors.get("labels"), len(generated)))
        row |= overfitting_of(reference, tensors)
        self.writer.append_statistics(as_columns([{"step": step} | row]))
        self._raise(self.monitor.observe_statistics(step, row, reference.bands))
        self.keeper.judge(step, row, reference.bands, self.monitor.events)
        self.costs.measured += 1

    @contextmanager
    def _analysing(self) -> Iterator[None]:
        """A failure in here ends the analysis, with one warning; steps and captures go on being recorded."""
        try:
            yield
        except Exception as failure:
            self._give_up(in_a_line(failure))

    def _give_up(self, reason: str) -> None:
        if self.error is None:
            self.error = reason
            warn(f"nothing can be measured any more: {reason}. Steps and captures are recorded all the same.")

    def flush(self) -> None:
        """Hand the steps so far over, to be written; from any thread."""
        self._rows.flush(self.writer)

    def flush_soon(self) -> None:
        """See to it that they are handed over within a second, whether more of them come or not."""
        if self._rows.waiting:
            self._flusher.wake()

    def close(self, *, how: str, error: str | None, info: Mapping[str, Any], stopped_at: int | None = None) -> None:
        """Write what is left and how the run ended; `stopped_at` is where many ranks stopped together."""
        with ExitStack() as last_first:  # each of it, whatever becomes of the others
            last_first.callback(self.outbox.close)
            last_first.callback(self.writer.close, how=how, error=error, stopped_at=stopped_at)
            last_first.callback(self._write_info, info)
            last_first.callback(self.keeper.close, failed=(info.get("error") or self.error) is not None)
            self._flusher.close()
            self.flush()
            for event in filter(self._stops, self.monitor.events if stopped_at is not None else ()):
                self.writer.append_event(event, visible_at=stopped_at)

    def _write_info(self, info: Mapping[str, Any]) -> None:
        self.outbox.settle()  # until then it is not known whether the best weights were written
        kept = {} if self.keeper.written is None else {"kept_step": self.keeper.written}
        info = {"error": self.error} | kept | {name: value for name, value in info.items() if value is not None}
        self.writer.update_info(**info, **self.captures.described(), **self.sheets.described())

    def _reference_for(self, generated: Tensor) -> Reference | None:
        if self.reference is None:
            collected = self._given is None and self._reservoir.done
            sample = self._reservoir.rows() if collected else self._given
            if sample is None or not self._can_be_read(generated, sample):
                return None
            size = min(len(generated), self.options.sample_size)
            self.reference = self._fit(sample, sample_size=size, shuffle=True)
            with self.costs.apart():
                tensors = reference_tensors(self.reference, class_examples(*self._labelled))
                self.writer.write_reference(tensors, self.reference.described())
        return self.reference

    def _can_be_read(self, generated: Tensor, real: Tensor) -> bool:
        if generated.shape[1:] != real.shape[1:]:
            self._give_up(other_shapes(generated, real))
        elif len(generated) < FEWEST_ROWS:
            if not self._told_of_small_batches:
                warn(too_few(generated, FEWEST_ROWS))
            self._told_of_small_batches = True
            return False
        return self.error is None

    def _fit(self, sample: Tensor, *, sample_size: int, shuffle: bool) -> Reference:
        modes, embed = self.options.modes, self.options.embed
        with self.costs.apart():
            reference = fit_reference(sample, sample_size=sample_size, modes=modes, embed=embed, shuffle=shuffle)
        reference = with_held_out(reference, self.options.held_out)
        rows, labels = self._labelled
        return reference if rows is None or labels is None else follow_classes(reference, rows, labels)

    def _stops(self, event: Event) -> bool:
        return event.severity == "critical" and event.kind in self.options.stop_on

    def _raise(self, events: list[Event]) -> None:
        for event in events:
            stops = self._stops(event)
            self.should_stop = self.should_stop or stops
            self.flush()
            for stored in (self.captures, self.sheets):
                stored.protect([event])
            self.writer.append_event(event, visible_at=self._current_step() if stops and self._alone else None)
            say(told(event))
            self.listener.tell(event)
