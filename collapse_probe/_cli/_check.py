"""`collapse-probe check`."""

import sys
from pathlib import Path

import click

from ._arguments import json_option, runs_argument, selection
from ._common import FLAGGED, Command
from ._say import complain, print_verdicts
from ._select import selected_runs

FAILING = {
    "never": frozenset[str](),
    "collapse": frozenset({"collapsed", "partly_collapsed"}),
    "any": frozenset({"collapsed", "partly_collapsed", "revolution", "diverged", "never_fitted"}),
}
EXAMPLES = (
    ("runs/lego-01", "The verdict on one run"),
    ("runs/ --fail-on collapse", "Exit status 1 if any run collapsed"),
    ("runs/ --fail-on any --json", "Exit status 1 if any run went wrong in any way, and JSON"),
)


@click.command(cls=Command, examples=EXAMPLES)
@runs_argument
@click.option(
    "--fail-on",
    type=click.Choice(list(FAILING)),
    default="never",
    help="Exit with 1 if a run collapsed, in part or altogether ('collapse'), or went wrong in any way ('any').",
)
@selection
@json_option
def check(runs: Path, *, fail_on: str, select: tuple[str, ...], since: str | None, as_json: bool) -> None:
    """Give the verdict on every run below RUNS, for scripts."""
    found, errors = selected_runs(runs, select=select, since=since)
    verdicts = print_verdicts(found, as_json=as_json)
    complain(errors)
    if FAILING[fail_on] & set(verdicts):
        sys.exit(FLAGGED)
