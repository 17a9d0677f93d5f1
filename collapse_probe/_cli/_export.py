"""`collapse-probe export`."""

import importlib.util
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
import pandas as pd

from .._harmless import harmless
from .._store import Run, to_json
from ..errors import InvalidArgument
from ._arguments import json_option, runs_argument, selection
from ._common import Command
from ._progress import each
from ._say import complain, print_json
from ._select import path_below, selected_runs

EXAMPLES = (
    ("runs/ -o tables/", "tables/<run>/steps.csv, statistics.csv and events.csv of every run"),
    ("runs/lego-01 -o tables/ --format parquet", "The same of one run, as Parquet: smaller, and numbers stay numbers"),
    ("runs/ -o tables/ --table steps --select 'lego-*'", "One table of some runs"),
)
TABLES: dict[str, Callable[[Run], pd.DataFrame]] = {
    "steps": lambda run: run.steps,
    "statistics": lambda run: run.statistics,
    "events": lambda run: _flat_events(run.events),
}


@click.command(cls=Command, examples=EXAMPLES)
@runs_argument
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="The folder to write to.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="Parquet needs pyarrow, which the extra 'parquet' brings.",
)
@click.option("--table", "tables", type=click.Choice(list(TABLES)), multiple=True, help="Default: all three.")
@selection
@json_option
def export(
    *,
    runs: Path,
    output: Path,
    form: str,
    tables: tuple[str, ...],
    select: tuple[str, ...],
    since: str | None,
    as_json: bool,
) -> None:
    """Write the steps, statistics and events of every run below RUNS as CSV or Parquet, one row a step or event.

    What was not measured is empty. The evidence of an event is one column of JSON.
    """
    if form == "parquet" and importlib.util.find_spec("pyarrow") is None:
        raise InvalidArgument(
            "Parquet needs pyarrow, which is not installed: pip install 'collapse-probe[parquet]', or --format csv"
        )
    found, errors = selected_runs(runs, select=select, since=since)
    written = []
    for run in each(found, "exporting"):
        for file, rows in _written(run, output / path_below(run, runs), tables or TABLES, form):
            written.append({"run": str(run.path), "file": str(file), "rows": rows})
            if not as_json:
                click.echo(harmless(f"{file}  {rows:,} rows"))
    if as_json:
        print_json(written)
    complain(errors)


def _written(run: Run, folder: Path, tables: Iterable[str], form: str) -> Iterable[tuple[Path, int]]:
    folder.mkdir(parents=True, exist_ok=True)
    for name in tables:
        table = TABLES[name](run)
        file = folder / f"{name}.{form}"
        temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
        try:
            temporary.unlink(missing_ok=True)  # a link that somebody laid there is not written through
            with temporary.open("xb") as stream:
                _write(table, stream, form)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
        yield file, len(table)


def _write(table: pd.DataFrame, stream: Any, form: str) -> None:
    if form == "csv":
        table.to_csv(stream, index_label="step", lineterminator="\n", encoding="utf-8")
    else:
        table.reset_index().to_parquet(stream, engine="pyarrow", index=False)


def _flat_events(events: pd.DataFrame) -> pd.DataFrame:
    return events.assign(evidence=[to_json(evidence) for evidence in events["evidence"]])
