"""Each kind of log, read."""

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InvalidArgument, UnreadableRun
from ._events_file import read_scalars
from ._log import Log, Series

STEP_NAMES: tuple[str, ...] = (
    "step",
    "global_step",
    "trainer/global_step",
    "_step",
    "iteration",
    "iterations",
    "iter",
    "it",
    "n_iter",
)
STEP_NAMES += ("progress/tick", "tick")
RISING_STEP_NAMES = ("epoch", "batch")
"""Steps only where they rise from row to row."""
TIME_NAMES = ("timestamp", "_timestamp", "wall_time", "wall time", "time")
_SECONDS, _MILLISECONDS = 1e8, 1e11
"""A time since 1970 is greater."""
_LATEST = 2**53
_DELIMITERS = ",;\t"
_DEEPEST = 16
Rows = tuple[dict[str, list[float]], dict[str, list[int]], int]
"""Of each name its values and the rows that have them, and how many rows there are."""


def read_tensorboard(files: Sequence[Path]) -> Log:
    """Event files of one run, the earlier first."""
    series: dict[str, tuple[list[int], list[float]]] = {}
    times: tuple[list[int], list[float]] = ([], [])
    problems: list[str] = []
    for file in files:
        scalars, said = read_scalars(file)
        problems += said
        for tag, step, value, seconds in scalars:
            steps, values = series.setdefault(tag, ([], []))
            steps.append(step)
            values.append(value)
            times[0].append(step)
            times[1].append(seconds)
    found = {tag: _series(*pair) for tag, pair in series.items()}
    return Log(found, _series(*times), "its own steps", problems)


def read_csv(path: Path, *, step: str | None) -> Log:
    """A table with names in its first line; an empty cell was not measured."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        first = stream.readline()
        delimiter = max(_DELIMITERS, key=first.count)
        names = next(csv.reader([first], delimiter=delimiter), [])
        if not names or all(math.isfinite(_from_text(name) or math.nan) for name in names):
            raise UnreadableRun(f"{path} has no names in its first line; expected a table such as step,loss_d,loss_g")
        try:
            rows = (dict(zip(names, row, strict=False)) for row in csv.reader(stream, delimiter=delimiter))
            found = _collected({name: _from_text(cell) for name, cell in row.items()} for row in rows)
        except csv.Error as error:
            raise UnreadableRun(f"{path} is no table: {error}") from error
    return _log(found, path, step, [])


def read_jsonl(path: Path, *, step: str | None) -> Log:
    """A JSON object a line; nested names are joined by `/`, and of `{"num": ..., "mean": ...}` the mean counts."""
    problems: list[str] = []

    def rows() -> Iterable[dict[str, float | None]]:
        with path.open(encoding="utf-8", errors="replace") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.strip():
                    continue
                try:
                    fields = json.loads(line)
                    if not isinstance(fields, dict):
                        raise ValueError("no object")
                    yield dict(_flat(fields, "", _DEEPEST))
                except (ValueError, RecursionError) as error:
                    if len(problems) < 5:
                        problems.append(f"{path.name}, line {number:,} is no JSON object ({str(error)[:80]}); skipped")

    found = _collected(rows())
    if not found[2]:
        raise UnreadableRun(
            f'{path} holds no JSON objects, one a line; expected lines such as {{"step": 1, "loss_d": 0.7}}'
        )
    return _log(found, path, step, problems)


def _log(rows: Rows, path: Path, step: str | None, problems: list[str]) -> Log:
    values, places, _ = rows
    name, steps = _steps(rows, path, step)
    rest = {key: (places[key], values[key]) for key in values if key != name}
    times = Series(np.zeros(0, np.int64), np.zeros(0))
    for key in rest:
        known = np.array(rest[key][1])
        if key.lower() in TIME_NAMES and len(known) and (known > _SECONDS).all():
            times = Series(steps[rest.pop(key)[0]], known / (1000 if (known > _MILLISECONDS).all() else 1))
            break
    series = {key: Series(steps[where], np.array(found)) for key, (where, found) in rest.items()}
    return Log(series, times, "rows" if name is None else name, problems)


def _steps(rows: Rows, path: Path, wanted: str | None) -> tuple[str | None, np.ndarray]:
    """The column that counts the steps, and the step of each row; None and the rows' numbers where there is none."""
    values, places, count = rows
    if wanted is not None and wanted not in values:
        raise InvalidArgument(f"{path} has no numbers named {wanted!r}; it has {', '.join(list(values)[:20])}")
    lower = {name.lower(): name for name in reversed(values)}
    for name in STEP_NAMES + RISING_STEP_NAMES if wanted is None else (wanted,):
        key = name if wanted else lower.get(name)
        if key is None:
            continue
        numbers = np.full(count, np.nan)
        numbers[places[key]] = values[key]
        whole = bool(np.isfinite(numbers).all()) and bool((numbers == numbers.round()).all())
        fits = whole and bool((np.abs(numbers) <= _LATEST).all())
        if fits and (wanted or name not in RISING_STEP_NAMES or bool((np.diff(numbers) > 0).all())):
            return key, numbers.astype(np.int64)
        if wanted is not None:
            raise InvalidArgument(
                f"{path}: {wanted!r} is not a whole number in every row, so it cannot count the steps"
            )
    return None, np.arange(count, dtype=np.int64)


def _collected(rows: Iterable[Mapping[str, float | None]]) -> Rows:
    values: dict[str, list[float]] = {}
    places: dict[str, list[int]] = {}
    count = 0
    for count, row in enumerate(rows, start=1):
        for name, value in row.items():
            if value is not None:
                values.setdefault(name, []).append(value)
                places.setdefault(name, []).append(count - 1)
    return values, places, count


def _flat(fields: Mapping[str, Any], prefix: str, depth: int) -> Iterable[tuple[str, float | None]]:
    for name, value in fields.items():
        if isinstance(value, Mapping) and "mean" in value:
            value = value["mean"]
        if isinstance(value, Mapping) and depth:
            yield from _flat(value, f"{prefix}{name}/", depth - 1)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{prefix}{name}", _as_float(value)
        elif isinstance(value, str):
            yield f"{prefix}{name}", _from_text(value)


def _from_text(cell: str | None) -> float | None:
    """A number, NaN and infinities included; None for anything else."""
    try:
        return None if cell is None else float(cell)
    except ValueError:
        return None


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _series(steps: Sequence[int], values: Sequence[float]) -> Series:
    return Series(np.array(steps, dtype=np.int64), np.array(values, dtype=np.float64))
