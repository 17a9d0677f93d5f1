"""`collapse-probe list`."""

from pathlib import Path

import click

from ._arguments import json_option, runs_argument, selection
from ._common import Command
from ._say import complain, print_verdicts
from ._select import selected_runs

EXAMPLES = (
    ("runs/", "All runs below runs/"),
    ("runs/ --select 'lego-*' --since 2026-11-20", "Some of them"),
    ("runs/ --json", "For a script: steps, verdict, interruption, what was thinned and tags of each"),
)


@click.command(name="list", cls=Command, examples=EXAMPLES)
@runs_argument
@selection
@json_option
def list_runs(runs: Path, *, select: tuple[str, ...], since: str | None, as_json: bool) -> None:
    """List the runs below RUNS with their verdicts, what interrupted each, and how much of it was thinned."""
    found, errors = selected_runs(runs, select=select, since=since)
    print_verdicts(found, as_json=as_json, thinned=True)
    complain(errors)
