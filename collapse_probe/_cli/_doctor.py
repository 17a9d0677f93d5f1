"""`collapse-probe doctor`."""

import os
import sys
from dataclasses import asdict
from pathlib import Path

import click

from .._doctor import Diagnosis, examine, salvage
from .._harmless import harmless
from .._store import find_runs, run_folders
from ..errors import CollapseProbeError
from ._arguments import json_option, runs_argument
from ._common import UNREADABLE, Command
from ._progress import working
from ._say import print_json

EXAMPLES = (
    ("runs/", "Read every byte of all runs; nothing is changed"),
    ("runs/lego-02 --json", "The same of one run, for a script"),
    ("runs/ --repair runs-saved", "Save what is sound of each damaged run in a new folder"),
)


@click.command(cls=Command, examples=EXAMPLES)
@runs_argument
@json_option
@click.option("--repair", type=click.Path(path_type=Path), default=None, help="Save what is sound in this new folder.")
def doctor(runs: Path, *, as_json: bool, repair: Path | None) -> None:
    """Read every byte of the runs below RUNS, and say what is wrong and what to do.

    With --repair the sound parts of each damaged run go into a new folder; the run itself stays as it is. Exit status:
    0 all are sound (with --repair: or all that are not were saved), 2 usage, 3 no runs found, 4 some are damaged.
    """
    folders = sorted(run_folders(runs))
    if not folders:
        find_runs(runs)
    if repair is not None and os.path.lexists(repair):
        raise click.UsageError(f"--repair {repair}: something is there; name a folder that is not")
    found = []
    for folder in folders:
        with working("reading") as say:
            found.append(examine(folder, on_file=say))
        if not as_json:
            _print_diagnosis(found[-1])
    bad = [(folder, one) for folder, one in zip(folders, found, strict=True) if not one.sound]
    saved = [_salvaged(folder, repair / folder.relative_to(runs), one) for folder, one in bad] if repair else []
    if as_json:
        print_json([asdict(one) | {"sound": one.sound} for one in found])
    if not all(saved) if repair else bad:
        sys.exit(UNREADABLE)


def _salvaged(folder: Path, destination: Path, diagnosis: Diagnosis) -> bool:
    """Whether what is sound of a run lies in a new folder now, and is read there."""
    try:
        with working("saving") as say:
            salvage(folder, destination, diagnosis, on_file=say)
            again = examine(destination, on_file=say)
    except CollapseProbeError as error:
        click.echo(f"Not saved: {error}", err=True)
        return False
    click.echo(harmless(f"{folder}: what is sound is in {destination}, {_holdings(again)}"), err=True)
    return again.sound


def _print_diagnosis(diagnosis: Diagnosis) -> None:
    wrong = sum(finding.kind == "damage" for finding in diagnosis.findings)
    said = "sound" if diagnosis.sound else "1 thing is wrong" if wrong == 1 else f"{wrong:,} things are wrong"
    click.echo(harmless(f"{diagnosis.run}: {said}; {_holdings(diagnosis)}"))
    for finding in diagnosis.findings:
        click.echo(harmless(f"  {finding.kind:<6}  {finding}"))


def _holdings(diagnosis: Diagnosis) -> str:
    steps = "steps unknown" if diagnosis.steps is None else f"{diagnosis.steps:,} steps"
    size = sum(diagnosis.bytes_on_disk.values()) / 1e6
    return f"{steps}, {diagnosis.captures:,} captures, {diagnosis.sheets:,} sheets, {size:,.1f} MB"
