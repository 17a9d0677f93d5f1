"""The same monitor over a stored run."""

import math
from collections.abc import Iterator
from os import PathLike
from typing import Unpack

import pandas as pd
import torch

from ._monitor import Monitor, fit_reference
from ._recorder import Options, ProbeOptions, parse_options, warn
from ._records import Band, Event
from ._store import Run, load
from .errors import InvalidArgument

_REMEASURED = ("modes", "embed", "real", "sample_size")


def replay(run: Run | str | PathLike[str], **options: Unpack[ProbeOptions]) -> list[Event]:
    """The events that the monitor raises over a stored run: with no options, those of the live run.

    `sensitivity` and `patience` default to what the run was made with; detectors then read the statistics as they
    were measured. Given `modes`, `embed`, `real` or `sample_size`, every statistic is measured anew from the stored
    captures, with a warning that counts the captures that are gone. Nothing is written.
    """
    run = run if isinstance(run, Run) else load(run)
    stored = run.info.get("options", {})
    kept: ProbeOptions = {"sensitivity": stored.get("sensitivity", 1.0), "patience": stored.get("patience", 3)}
    parsed = parse_options({**kept, **options})
    statistics, bands = _measured_anew(run, parsed) if set(_REMEASURED) & set(options) else (run.statistics, run.bands)
    monitor = Monitor(parsed.detector_options())
    measured = dict(_rows(statistics))
    for step, values in _rows(run.steps.drop(columns="time")):
        monitor.observe_step(step, values)
        if step in measured:
            monitor.observe_statistics(step, measured.pop(step), bands)
    for step, values in sorted(measured.items()):
        monitor.observe_statistics(step, values, bands)
    return monitor.events


def _rows(table: pd.DataFrame) -> Iterator[tuple[int, dict[str, float]]]:
    """Step and what was measured there; what is NaN on file was not measured, or is counted by `not_finite`."""
    columns = [str(name) for name in table.columns]
    for step, row in zip(table.index.to_list(), table.to_numpy().tolist(), strict=True):
        yield int(step), {name: value for name, value in zip(columns, row, strict=True) if not math.isnan(value)}


def _measured_anew(run: Run, options: Options) -> tuple[pd.DataFrame, dict[str, Band]]:
    sample = options.real if options.real is not None else run.reference
    if sample is None or not run.batches:
        raise InvalidArgument(
            f"{run.path} stores {len(run.batches)} captures and {'no' if run.reference is None else 'a'} reference; "
            "measuring anew needs both: pass real=..., or replay without modes, embed, real and sample_size"
        )
    first = torch.from_numpy(run.batch(run.batches[0]))
    reference = fit_reference(
        torch.as_tensor(sample),
        sample_size=min(len(first), options.sample_size),
        modes=options.modes,
        embed=options.embed,
    )
    gone = len(run.statistics.index.difference(run.batches))
    if gone:
        warn(f"{gone} captures of {run.path} are not stored any more; their steps are left out of the replay")
    rows = {step: reference.measure(torch.from_numpy(run.batch(step))) for step in run.batches}
    return pd.DataFrame.from_dict(rows, orient="index"), dict(reference.bands)
