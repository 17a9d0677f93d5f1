"""What a run folder holds already, for a monitor that has to know it: a replay, or a run that is taken up again."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from .._monitor import Monitor
from .._records import Band
from .._store import Outbox, Run, load
from ._notices import say

_LONGEST_WAIT = 2.0


def observe_stored(
    monitor: Monitor,
    steps: pd.DataFrame,
    statistics: pd.DataFrame,
    *,
    bands: Mapping[str, Band],
    before: float = math.inf,
) -> None:
    """Feed the monitor the rows of a stored run in step order, those of the steps under `before`."""
    measured = {step: values for step, values in _rows(statistics) if step < before}
    for step, values in _rows(steps.drop(columns="time")):
        if step >= before:
            continue
        monitor.observe_step(step, values)
        if step in measured:
            monitor.observe_statistics(step, measured.pop(step), bands)
    for step, values in sorted(measured.items()):
        monitor.observe_statistics(step, values, bands)


def read_back(folder: Path, outbox: Outbox) -> Run | None:
    """The run that is being written, once all of it is there; None, with a line that says so, while the disk fails."""
    if outbox.settle(at_most=_LONGEST_WAIT):
        return load(folder)
    say(f"{folder} cannot be read back while its disk fails: what was recorded before is not known to what watches")
    return None


def _rows(table: pd.DataFrame) -> Iterator[tuple[int, dict[str, float]]]:
    """Step and what was measured there; what is NaN on file was not measured, or is counted by `not_finite`."""
    columns = [str(name) for name in table.columns]
    for step, row in zip(table.index.to_list(), table.to_numpy().tolist(), strict=True):
        yield int(step), {name: value for name, value in zip(columns, row, strict=True) if not math.isnan(value)}
