"""The command line: parse, call, echo."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import click

from ._doctor import Diagnosis, examine, salvage
from ._harmless import harmless
from ._report import report as write_report
from ._report import time_saved
from ._store import Run, find_runs, run_folders
from ._version import __version__
from .errors import CollapseProbeError, RunNotFound

FLAGGED, NO_RUNS, UNREADABLE = 1, 3, 4
_FAILING = {
    "never": frozenset[str](),
    "collapse": frozenset({"collapsed", "partly_collapsed"}),
    "any": frozenset({"collapsed", "partly_collapsed", "revolution", "diverged", "never_fitted"}),
}
_runs = click.argument("runs", type=click.Path(path_type=Path), default="runs")


class _Commands(click.Group):
    """Turns the errors of this package, and no others, into a message and an exit status."""

    def invoke(self, ctx: click.Context) -> None:
        """Run the command."""
        try:
            super().invoke(ctx)
        except CollapseProbeError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(NO_RUNS if isinstance(error, RunNotFound) else UNREADABLE)


@click.group(cls=_Commands)
@click.version_option(__version__, prog_name="collapse-probe")
def main() -> None:
    """Tells a GAN trainer, while the GAN trains, that it is collapsing.

    Exit status: 0 well, 1 a run was flagged (with --fail-on), 2 usage, 3 no runs found, 4 some runs unreadable.
    """


@main.command()
@_runs
@click.option("--output", "-o", type=click.Path(path_type=Path), default=None, help="Default: RUNS/report.html.")
def report(runs: Path, output: Path | None) -> None:
    """Write one interactive HTML file on all runs below RUNS."""
    found, errors = find_runs(runs)
    path = write_report(found, output or runs / "report.html")
    click.echo(harmless(path))
    _complain(errors)


@main.command(name="list")
@_runs
@click.option("--json", "as_json", is_flag=True, help="One JSON array on standard output.")
def list_runs(runs: Path, as_json: bool) -> None:
    """List the runs below RUNS with their verdicts."""
    found, errors = find_runs(runs)
    _print_verdicts(found, as_json=as_json)
    _complain(errors)


@main.command()
@_runs
@click.option("--fail-on", type=click.Choice(list(_FAILING)), default="never", help="Exit with 1 on such a verdict.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array on standard output.")
def check(runs: Path, fail_on: str, as_json: bool) -> None:
    """Give the verdict on every run below RUNS, for scripts."""
    found, errors = find_runs(runs)
    verdicts = _print_verdicts(found, as_json=as_json)
    _complain(errors)
    if _FAILING[fail_on] & set(verdicts):
        sys.exit(FLAGGED)


@main.command()
@_runs
@click.option("--json", "as_json", is_flag=True, help="One JSON array on standard output.")
@click.option("--repair", type=click.Path(path_type=Path), default=None, help="Save what is sound in this new folder.")
def doctor(runs: Path, as_json: bool, repair: Path | None) -> None:
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
        diagnosis = examine(folder, on_file=_progress)
        found.append(diagnosis)
        if not as_json:
            _print_diagnosis(diagnosis)
    bad = [(folder, one) for folder, one in zip(folders, found, strict=True) if not one.sound]
    saved = [_salvaged(folder, repair / folder.relative_to(runs), one) for folder, one in bad] if repair else []
    _progress(None)
    if as_json:
        click.echo(json.dumps([asdict(one) | {"sound": one.sound} for one in found], indent=2))
    if not all(saved) if repair else bad:
        sys.exit(UNREADABLE)


def _salvaged(folder: Path, destination: Path, diagnosis: Diagnosis) -> bool:
    """Whether what is sound of a run lies in a new folder now, and is read there."""
    try:
        salvage(folder, destination, diagnosis, on_file=_progress)
    except CollapseProbeError as error:
        click.echo(f"Not saved: {error}", err=True)
        return False
    again = examine(destination, on_file=_progress)
    click.echo(harmless(f"{folder}: what is sound is in {destination}, {_holdings(again)}"), err=True)
    return again.sound


def _progress(path: Path | None) -> None:
    """The file that is being read, on a terminal; nothing where standard error is none."""
    if sys.stderr.isatty():
        click.echo("\r\x1b[K" + ("" if path is None else harmless(f"reading {path}")[-100:]), nl=False, err=True)


def _print_diagnosis(diagnosis: Diagnosis) -> None:
    _progress(None)
    wrong = sum(finding.kind == "damage" for finding in diagnosis.findings)
    said = "sound" if diagnosis.sound else "1 thing is wrong" if wrong == 1 else f"{wrong:,} things are wrong"
    click.echo(harmless(f"{diagnosis.run}: {said}; {_holdings(diagnosis)}"))
    for finding in diagnosis.findings:
        click.echo(harmless(f"  {finding.kind:<6}  {finding}"))


def _holdings(diagnosis: Diagnosis) -> str:
    steps = "steps unknown" if diagnosis.steps is None else f"{diagnosis.steps:,} steps"
    size = sum(diagnosis.bytes_on_disk.values()) / 1e6
    return f"{steps}, {diagnosis.captures:,} captures, {diagnosis.sheets:,} sheets, {size:,.1f} MB"


@main.command()
@click.option("--runs", type=click.Path(path_type=Path), default="runs/demo", help="Where the runs and the report go.")
def demo(runs: Path) -> None:
    """Train two small GANs that collapse, stop them early, and write the report; about a minute and a half."""
    for name, script in (("ring", "ring_gan.py"), ("digits", "digits_dcgan.py")):
        command = [sys.executable, str(_examples() / script), "--setting", "collapsing", "--run", str(runs / name)]
        click.echo(f"training {name}, with a setting that is known to collapse: {script}")
        if subprocess.run(command, check=False).returncode:
            raise click.ClickException(f"{script} failed; its message is above")
    found, _ = find_runs(runs)
    for run in found:
        click.echo(harmless(f"{run.name}: {run.verdict.reason} {time_saved(run) or ''}"))
    click.echo(f"report, to be opened in a browser: {write_report(found, runs / 'report.html')}")


def _examples() -> Path:
    """The example scripts: inside the installed package, or beside it in a checkout."""
    packaged = Path(__file__).parent / "_examples"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "examples"


def _print_verdicts(runs: list[Run], *, as_json: bool) -> list[str]:
    verdicts = [run.verdict for run in runs]
    if as_json:
        rows = [
            {"run": str(run.path), "steps": len(run.steps)} | asdict(v) for run, v in zip(runs, verdicts, strict=True)
        ]
        click.echo(json.dumps(rows, indent=2))
    else:
        width = max((len(str(run.path)) for run in runs), default=0)
        for run, verdict in zip(runs, verdicts, strict=True):
            best = "" if verdict.best_step is None else f"  best step {verdict.best_step}."
            line = f"{verdict.kind:<17}  {len(run.steps):>7} steps  {verdict.reason}{best}"
            click.echo(harmless(f"{run.path!s:<{width}}  {line}"))
    for run in runs:
        if run.info.get("error"):
            click.echo(harmless(f"{run.path}: {run.info['error']}"), err=True)
    return [verdict.kind for verdict in verdicts]


def _complain(errors: list[CollapseProbeError]) -> None:
    for error in errors:
        click.echo(f"Unreadable: {error}", err=True)
    if errors:
        sys.exit(UNREADABLE)
