"""`collapse-probe demo`."""

import subprocess
import sys
from pathlib import Path

import click

from .._harmless import harmless
from .._report import report as write_report
from .._report import time_saved
from .._store import find_runs
from ._common import UNREADABLE, Command

EXAMPLES = (("", "See it happen"), ("--runs /tmp/demo", "The same, with the runs and the report elsewhere"))


@click.command(cls=Command, examples=EXAMPLES)
@click.option("--runs", type=click.Path(path_type=Path), default="runs/demo", help="Where the runs and the report go.")
def demo(runs: Path) -> None:
    """Train two small GANs that collapse, stop them early, and write the report; about a minute and a half."""
    for name, script in (("ring", "ring_gan.py"), ("digits", "digits_dcgan.py")):
        command = [sys.executable, str(_examples() / script), "--setting", "collapsing", "--run", str(runs / name)]
        click.echo(f"training {name}, with a setting that is known to collapse: {script}")
        if subprocess.run(command, check=False).returncode:
            click.echo(f"Error: {script} failed; its message is above", err=True)
            sys.exit(UNREADABLE)
    found, _ = find_runs(runs)
    for run in found:
        click.echo(harmless(f"{run.name}: {run.verdict.reason} {time_saved(run) or ''}"))
    click.echo(f"report, to be opened in a browser: {write_report(found, runs / 'report.html')}")


def _examples() -> Path:
    """The example scripts: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    packaged = package / "_examples"
    return packaged if packaged.is_dir() else package.parent / "examples"
