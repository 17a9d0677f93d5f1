"""The read side of one run folder."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .._records import Band, Event, Verdict
from .._verdict import judge, of_a_standstill, of_an_import
from ..errors import InvalidArgument, UnreadableRun
from ._events import StoredEvent, events_table, read_events
from ._files import MOST_EVENTS, is_link, read_file
from ._gaps import gap_problems
from ._json import number, whole
from ._layout import REFERENCE, capture_file, captures_folder, events_file, sheet_file, sheets_folder, stored_steps
from ._ranks import RankFiles, first_rank_decides, mean_over_ranks
from ._runfile import interruption, last_end, read_run_file
from ._tables import Boundaries, resumed_at
from ._tensors import read_metadata, read_tensors

STEP_COLUMNS = (
    "loss_d",
    "loss_g",
    "canonical_loss_d",
    "canonical_loss_g",
    "d_real",
    "d_fake",
    "edge",
    "grad_norm_d",
    "grad_norm_g",
    "time",
)


class Run:
    """A run as it is on disk at the first look at its records; load it again to see more of one that goes on.

    Of a run that goes on, what is read is a consistent prefix: the steps up to some step, and no statistic, capture or
    event of a later one.
    """

    def __init__(self, path: Path) -> None:
        """`path` is a run folder; most people want `load`, which says more about a path that is none."""
        self.path = Path(path)
        self.info: dict[str, Any] = read_run_file(self.path)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.path.resolve().name

    @property
    def finished(self) -> bool:
        """Whether the last start has an end, whatever it was."""
        return last_end(self.info) is not None

    @property
    def interruption(self) -> str | None:
        """The error that ended the last start, a KeyboardInterrupt too; None where the loop came to its end."""
        return interruption(self.info)

    @cached_property
    def steps(self) -> pd.DataFrame:
        """One row a training step: losses, scores of D, gradient norms, time, the loop's own scalars.

        With many ranks, the mean of each column over those that have a number there; `time` is rank 0's.
        """
        return _in_order(mean_over_ranks(self._step_tables))

    @property
    def decisive_steps(self) -> pd.DataFrame:
        """The rows that the monitor saw: those of rank 0 alone, where there are many ranks."""
        return self.steps if len(self._step_tables) == 1 else _in_order(self._step_tables[0])

    @cached_property
    def statistics(self) -> pd.DataFrame:
        """One row for each capture: what every statistic read."""
        return first_rank_decides(list(self._ranks.tables("statistics")))

    @property
    def events(self) -> pd.DataFrame:
        """One row an event, indexed by the step that raised it."""
        return events_table(self._stored_events[0])

    @property
    def event_list(self) -> list[Event]:
        """The events as records."""
        return [stored.event for stored in self._stored_events[0]]

    @cached_property
    def batches(self) -> list[int]:
        """The steps whose capture is stored, in order."""
        return [step for step in self._capture_steps if self._is_current(step, capture_file(self.path, step))]

    def batch(self, step: int) -> np.ndarray:
        """The generated samples of one capture, in the units the generator gave them."""
        return self.capture(step)["generated"]

    def capture(self, step: int) -> dict[str, np.ndarray]:
        """All arrays of one capture: `generated`, and `embedding`, `labels`, `latents` where they were kept."""
        if step not in self.batches:
            near = sorted(sorted(self.batches, key=lambda known: abs(known - step))[:4])
            raise InvalidArgument(
                f"no capture at step {step} in {self.path}; "
                + (f"the nearest are at {', '.join(map(str, near))}" if near else "the run has none")
            )
        return read_tensors(capture_file(self.path, step), "generated")[0]

    @cached_property
    def sheets(self) -> list[int]:
        """The steps that have a sheet of fixed latents, in order."""
        return [step for step in self._sheet_steps if self._is_current(step, sheet_file(self.path, step))]

    def sheet(self, step: int) -> np.ndarray:
        """What the generator drew from fixed latents after its update of this step, (n, ...)."""
        if step not in self.sheets:
            near = sorted(sorted(self.sheets, key=lambda known: abs(known - step))[:4])
            raise InvalidArgument(
                f"no sheet at step {step} in {self.path}; "
                + (f"the nearest are at {', '.join(map(str, near))}" if near else "the run has none")
            )
        return read_tensors(sheet_file(self.path, step), "sheet")[0]["sheet"]

    @property
    def reference(self) -> np.ndarray | None:
        """The real samples that everything is read against; None until they are frozen."""
        return self.reference_tensors.get("real")

    @property
    def reference_tensors(self) -> dict[str, np.ndarray]:
        """All arrays of the reference: the real samples and the fitted state of the statistics."""
        return self._reference[0]

    @property
    def reference_metadata(self) -> dict[str, Any]:
        """What belongs to the reference and is no array."""
        return self._reference[1]

    @property
    def bands(self) -> dict[str, Band]:
        """For each statistic column, what real data themselves score."""
        stored = self.reference_metadata.get("bands", {})
        pairs = stored if isinstance(stored, dict) else {}
        if pairs is not stored or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs.values()):
            raise UnreadableRun(f"{self.path / REFERENCE} has bands that are no pairs of numbers; it is damaged")
        return {name: Band(mean=number(mean), sd=number(sd)) for name, (mean, sd) in pairs.items()}

    @cached_property
    def verdict(self) -> Verdict:
        """How the run went, in one word, and why."""
        try:
            bands = self.bands
        except UnreadableRun:
            bands = {}
        found = judge(
            events=self.event_list, steps=self.steps, statistics=self.statistics, bands=bands, finished=self.finished
        )
        return of_a_standstill(of_an_import(found, self.info), self.event_list)

    @property
    def thinned(self) -> dict[str, int]:
        """How many captures and sheets were given up to stay within `disk_limit`, over all starts of the run.

        Exact once the run has ended, at least half of them in one that goes on or was killed.
        """
        return {kind: max(whole(self.info.get(f"{kind}_removed")) or 0, 0) for kind in ("captures", "sheets")}

    @property
    def problems(self) -> list[str]:
        """What could not be read: file, byte and what is wrong. The rest of the run is not affected."""
        found = gap_problems(self.info) + self._ranks.problems() + self._stored_events[1]
        sheets = (sheet_file(self.path, step) for step in self._sheet_steps)
        captures = (capture_file(self.path, step) for step in self._capture_steps)
        for folder in (captures_folder(self.path), sheets_folder(self.path)):
            if is_link(folder) or (folder.exists() and not folder.is_dir()):
                found.append(f"{folder.name}: expected a folder; links inside a run folder are not followed")
        for path in [self.path / REFERENCE, *captures, *sheets]:
            try:
                if os.path.lexists(path):
                    read_metadata(path)
            except UnreadableRun as error:
                found.append(f"{path.relative_to(self.path)}, byte 0: {error}")
        return found

    @cached_property
    def _ranks(self) -> RankFiles:
        # A writer writes the steps first. They are read last, so that every step that the others name is there.
        _ = self._event_lines, self._capture_steps, self._sheet_steps
        return RankFiles(self.path, self.info["starts"], STEP_COLUMNS)

    @cached_property
    def _step_tables(self) -> list[pd.DataFrame]:
        return list(self._ranks.tables("steps"))

    @property
    def _boundaries(self) -> Boundaries:
        return self._ranks.boundaries

    @cached_property
    def _stored_events(self) -> tuple[list[StoredEvent], list[str]]:
        content, problems = self._event_lines
        events, more = read_events(events_file(self.path).name, content, self._boundaries)
        return events, problems + more

    @cached_property
    def _event_lines(self) -> tuple[bytes, list[str]]:
        file = events_file(self.path)
        try:
            return read_file(file, most=MOST_EVENTS), []
        except FileNotFoundError:
            return b"", []
        except UnreadableRun as error:
            return b"", [f"{file.name}: {error}"]

    @cached_property
    def _capture_steps(self) -> list[int]:
        return stored_steps(captures_folder(self.path))

    @cached_property
    def _sheet_steps(self) -> list[int]:
        return stored_steps(sheets_folder(self.path))

    def _is_current(self, step: int, file: Path) -> bool:
        """Whether no later start of the run took up again at or before this capture or sheet."""
        if len(self._boundaries) < 2:
            return True
        try:
            start = whole(read_metadata(file).get("start")) or 0
        except UnreadableRun:
            return True
        resumed = resumed_at(start, self._boundaries)
        return resumed is None or step < resumed

    @cached_property
    def _reference(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        path = self.path / REFERENCE
        return read_tensors(path, "real") if os.path.lexists(path) else ({}, {})


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    wanted = [*STEP_COLUMNS, *(name for name in table if name not in STEP_COLUMNS)]
    return table if list(table) == wanted else table.reindex(columns=wanted)
