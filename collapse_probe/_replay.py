"""The same monitor over a stored run."""

import dataclasses
from os import PathLike
from typing import Unpack

import numpy as np
import pandas as pd
import torch

from . import embeddings
from ._monitor import CLASS_DIVERSITY, OVERFITTING, Monitor, fit_reference, follow_classes
from ._recorder import (
    Options,
    ProbeOptions,
    class_indices,
    labelled_rows_of,
    observe_stored,
    parse_options,
    warn,
)
from ._records import Band, Event
from ._store import Run, load
from .errors import InvalidArgument, UnreadableRun

_REMEASURED = ("modes", "embed", "real", "sample_size")


def replay(run: Run | str | PathLike[str], **options: Unpack[ProbeOptions]) -> list[Event]:
    """The events that the monitor raises over a stored run: with no options, those of the live run.

    `sensitivity`, `patience` and `total_steps` default to what the run was made with; detectors then read the
    statistics as they were measured. Given `modes`, `embed`, `real` or `sample_size`, every statistic is measured anew
    from the stored captures, with a warning that counts the captures that are gone or unreadable. The diversity of
    single classes is where `real` comes with labels; else it stays as it was measured, or, where `embed` or `real` is
    another, is left out: the labels of real data are not stored. Nothing is written. Raises `InvalidArgument` where
    captures or reference are missing, or the run's own `embed` is.
    """
    run = run if isinstance(run, Run) else load(run)
    stored = run.info.get("options", {})
    stored = stored if isinstance(stored, dict) else {}
    kept: ProbeOptions = {
        "sensitivity": stored.get("sensitivity", 1.0),
        "patience": stored.get("patience", 3),
        "total_steps": stored.get("total_steps"),
    }
    try:
        parse_options(kept)
    except InvalidArgument as error:
        raise UnreadableRun(f"{run.path} was made with options that make no sense: {error}") from error
    parsed = parse_options({**kept, **options})
    statistics, bands = run.statistics, run.bands
    if set(_REMEASURED) & set(options):
        if parsed.embed is None and stored.get("embed") in embeddings.NAMES:
            parsed = dataclasses.replace(parsed, embed=stored["embed"])
        if parsed.embed is None and stored.get("embed") is not None:
            raise InvalidArgument(
                f"{run.path} was measured with an embed of its own ({stored['embed']}), which is not stored; "
                "pass embed=..."
            )
        statistics, bands = _measured_anew(run, parsed)
        if not {"embed", "real"} & set(options):
            stays = [str(column) for column in run.statistics if str(column).startswith(f"{CLASS_DIVERSITY}.")]
            statistics = statistics.join(run.statistics[stays])
            bands |= {column: run.bands[column] for column in stays if column in run.bands}
    monitor = Monitor(parsed.detector_options())
    observe_stored(monitor, run.decisive_steps, statistics, bands=bands)
    return monitor.events


def _measured_anew(run: Run, options: Options) -> tuple[pd.DataFrame, dict[str, Band]]:
    given, labels = (None, None) if options.real is None else labelled_rows_of(options.real)
    sample = run.reference if given is None else given.numpy()
    captures = {}
    for step in run.batches:
        try:
            captures[step] = _like(sample, run, step)
        except UnreadableRun as error:
            warn(str(error))
    if sample is None or not captures:
        raise InvalidArgument(
            f"{run.path} stores {len(captures)} captures and {'no' if run.reference is None else 'a'} reference; "
            "measuring anew needs both: pass real=..., or replay without modes, embed, real and sample_size"
        )
    size = options.sample_size if options.real is not None else run.reference_metadata.get("sample_size", 256)
    if not isinstance(size, int) or not size > 0:
        raise UnreadableRun(
            f"{run.path} has a reference for samples of {size!r}; expected a whole number, pass real=..."
        )
    reference = fit_reference(
        _floats(sample),
        sample_size=min(size, options.sample_size, *(len(batch) for batch, _ in captures.values())),
        modes=options.modes,
        embed=options.embed,
        shuffle=options.real is not None,
    )
    if given is not None and labels is not None:
        reference = follow_classes(reference, given, labels)
    gone = len(run.statistics.index.difference(list(captures)))
    if gone:
        warn(f"{gone} captures of {run.path} are not stored any more; their steps are left out of the replay")
    rows = {
        step: reference.measure(batch, class_indices(known, len(batch))) for step, (batch, known) in captures.items()
    }
    table, bands = pd.DataFrame.from_dict(rows, orient="index"), dict(reference.bands)
    if OVERFITTING in run.bands and OVERFITTING in run.statistics:
        # What the discriminator said is of no reference.
        table[OVERFITTING], bands[OVERFITTING] = run.statistics[OVERFITTING], run.bands[OVERFITTING]
    return table, bands


def _like(sample: np.ndarray | None, run: Run, step: int) -> tuple[torch.Tensor, np.ndarray | None]:
    """Samples and labels of a capture; `UnreadableRun` where they are none that could be read against the reference."""
    capture = run.capture(step)
    generated = capture["generated"]
    if not generated.ndim > 1 or not len(generated) or (sample is not None and generated.shape[1:] != sample.shape[1:]):
        raise UnreadableRun(
            f"the capture at step {step} of {run.path} has shape {generated.shape}, unlike the reference"
        )
    return _floats(generated), capture.get("labels")


def _floats(samples: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(samples if samples.dtype.kind == "f" else samples.astype(np.float64))
