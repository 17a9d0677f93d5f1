"""`collapse-probe report`."""

import webbrowser
from pathlib import Path

import click

from .._harmless import harmless
from .._report import report as write_report
from ._arguments import runs_argument, selection
from ._common import Command
from ._progress import working
from ._say import complain
from ._select import selected_runs

EXAMPLES = (
    ("runs/", "All runs below runs/, in runs/report.html"),
    ("runs/ -o lego.html --select 'lego-*' --open", "Those whose names begin with lego-, opened in the browser"),
    ("runs/ --select data=lego --since 3d", "Those with the tag data=lego that recorded in the last three days"),
)


@click.command(cls=Command, examples=EXAMPLES)
@runs_argument
@click.option("--output", "-o", type=click.Path(path_type=Path), default=None, help="Default: RUNS/report.html.")
@click.option("--open", "opened", is_flag=True, help="Open it in the browser.")
@selection
def report(runs: Path, *, output: Path | None, opened: bool, select: tuple[str, ...], since: str | None) -> None:
    """Write one interactive HTML file on all runs below RUNS; it works offline."""
    found, errors = selected_runs(runs, select=select, since=since)
    # A whole folder has what cannot be read on the page too.
    source = found if select or since is not None else runs
    if not source:
        complain(errors)
    with working(f"writing the report on {len(found):,} runs"):
        path = write_report(source, output or runs / "report.html")
    click.echo(harmless(path))
    if opened and not webbrowser.open(path.resolve().as_uri()):
        click.echo("No browser could be opened; open the file above in one.", err=True)
    complain(errors)
