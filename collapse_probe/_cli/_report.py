"""`collapse-probe report`."""

import webbrowser
from pathlib import Path
from typing import Any

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
    ("runs/ --lang ja --max-mb 20", "In Japanese, and with as many pictures as fit into 20 MB"),
    ("runs/ --pages --plotlyjs directory", "A page for each run, and plotly.js once, beside them"),
)


@click.command(cls=Command, examples=EXAMPLES)
@runs_argument
@click.option("--output", "-o", type=click.Path(path_type=Path), default=None, help="Default: RUNS/report.html.")
@click.option("--open", "opened", is_flag=True, help="Open it in the browser.")
@click.option(
    "--lang", type=click.Choice(["en", "ja"]), default="en", show_default=True, help="Of the page's own text."
)
@click.option(
    "--plotlyjs",
    type=click.Choice(["inline", "cdn", "directory"]),
    default="inline",
    show_default=True,
    help="In the page (5 MB), fetched by the browser, or a file beside the page.",
)
@click.option("--max-mb", type=click.FloatRange(min=0, min_open=True), help="Show fewer pictures and points to fit.")
@click.option("--pages/--one-page", default=None, help="A page for each run, as for more than 500, or never.")
@selection
def report(
    runs: Path, *, output: Path | None, opened: bool, select: tuple[str, ...], since: str | None, **page: Any
) -> None:
    """Write one interactive HTML file on all runs below RUNS; it works offline."""
    megabytes = page.pop("max_mb")
    max_bytes = None if megabytes is None else round(1e6 * megabytes)
    found, errors = selected_runs(runs, select=select, since=since)
    # A whole folder has what cannot be read on the page too.
    source = found if select or since is not None else runs
    if not source:
        complain(errors)
    with working(f"writing the report on {len(found):,} runs"):
        path = write_report(source, output or runs / "report.html", max_bytes=max_bytes, **page)
    click.echo(harmless(path))
    if opened and not webbrowser.open(path.resolve().as_uri()):
        click.echo("No browser could be opened; open the file above in one.", err=True)
    complain(errors)
