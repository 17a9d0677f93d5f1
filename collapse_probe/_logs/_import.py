"""From a log to a run: columns, what they were judged by, and what could not be judged."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .._monitor import Monitor
from .._recorder import observe_stored
from .._records import Verdict
from .._store import RunWriter, load
from .._version import __version__
from ..errors import InvalidArgument, UnreadableRun
from ._columns import columns_of, not_judged
from ._find import Source
from ._log import Log, Series
from ._names import recognised
from ._read import read_csv, read_jsonl, read_tensorboard

_ROWS = 10_000
"""In a block."""


@dataclass(frozen=True)
class Imported:
    """What became of one log."""

    log: str
    run: str
    rows: int
    counted_by: str
    columns: dict[str, str]
    """Ours, and whose of theirs each is made of."""
    kept: list[str]
    """Those that go along under their own names."""
    judged: list[str]
    not_judged: dict[str, str]
    """What, and why."""
    verdict: Verdict
    problems: list[str] = field(default_factory=list)


def import_log(
    source: Source,
    run: Path,
    *,
    given: Sequence[tuple[str, str]] = (),
    step: str | None = None,
    number_rows: bool = False,
) -> Imported:
    """Makes a run folder of a log; it is there whole or not at all, and an existing one is not touched.

    `given` are pairs (theirs, ours) that go before what is recognised; `step` names what counts the steps, and
    `number_rows` counts rows instead. Raises `InvalidArgument` where something is at `run`, `UnreadableRun` where the
    log cannot be read or holds no numbers.
    """
    if os.path.lexists(run):
        raise InvalidArgument(f"{run} is there already, and nothing is written over; take another --output or --name")
    log = _read(source, step)
    if number_rows:
        log = _renumbered(log)
    if not log.series:
        raise UnreadableRun(f"{source.path} holds no numbers" + "".join(f"; {problem}" for problem in log.problems))
    mapping = recognised(list(log.series), given)
    table, kept = columns_of(log, mapping)
    missing = not_judged(table, mapping)
    judged = [kind for kind in ("divergence", "revolution") if kind not in missing]
    about = {"log": str(source.path), "counted_by": log.counted_by, "columns": mapping, "judged": judged}
    temporary = run.with_name(f".{run.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    run.parent.mkdir(parents=True, exist_ok=True)
    try:
        _write(temporary, table, about | {"not_judged": missing})
        temporary.rename(run)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    verdict, rows = load(run).verdict, len(table["step"])
    return Imported(
        log=str(source.path),
        run=str(run),
        rows=rows,
        counted_by=log.counted_by,
        columns=mapping,
        kept=kept,
        judged=judged,
        not_judged=missing,
        verdict=verdict,
        problems=log.problems,
    )


def _read(source: Source, step: str | None) -> Log:
    try:
        if source.kind == "tensorboard":
            return read_tensorboard(source.files)
        return (read_csv if source.kind == "csv" else read_jsonl)(source.files[0], step=step)
    except OSError as error:
        raise UnreadableRun(f"{source.path} cannot be read ({error.strerror})") from error


def _renumbered(log: Log) -> Log:
    """Steps 0, 1, 2, ... for the steps that the log has."""
    known = np.unique(np.concatenate([series.step for series in log.series.values()] or [np.zeros(0, np.int64)]))
    times = np.isin(log.times.step, known)
    renewed = {name: Series(np.searchsorted(known, s.step), s.value) for name, s in log.series.items()}
    new_times = Series(np.searchsorted(known, log.times.step[times]), log.times.value[times])
    return Log(renewed, new_times, f"rows, instead of {log.counted_by}", log.problems)


def _write(folder: Path, table: Mapping[str, np.ndarray], about: Mapping[str, object]) -> None:
    writer = RunWriter(folder, info={"collapse_probe": __version__, "imported": dict(about), "options": {}, "tags": {}})
    for begin in range(0, len(table["step"]), _ROWS):
        writer.append_steps({name: values[begin : begin + _ROWS] for name, values in table.items()})
    monitor, run = Monitor(), load(folder)
    observe_stored(monitor, run.steps, run.statistics, bands={})
    for event in monitor.events:
        writer.append_event(event)
    writer.close(how="finished")
