"""`collapse-probe movie`."""

import sys
from pathlib import Path
from typing import Literal

import click

from .._harmless import harmless
from .._movie import film_of, write_film
from ..errors import CollapseProbeError
from ._arguments import runs_argument, selection
from ._common import NO_RUNS, Command
from ._progress import each, working
from ._say import complain
from ._select import path_below, selected_runs

EXAMPLES = (
    ("runs/lego-01", "lego-01.gif here, from the sheets of fixed latents where there are any, else from the captures"),
    ("runs/lego-01 -o lego.mp4 --fps 24", "A video; it needs ffmpeg, which the extra 'movie' brings"),
    ("runs/ --select 'lego-*' -o films/", "One file for each of several runs, in a folder"),
)


@click.command(cls=Command, examples=EXAMPLES)
@runs_argument
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    default=None,
    help="A .gif or .mp4, or a folder for one .gif a run. Default: a .gif of the run's name, here.",
)
@click.option(
    "--fps",
    metavar="NUMBER",
    type=click.FloatRange(min=0, min_open=True, max=120),
    default=8.0,
    show_default=True,
    help="Pictures a second; of a GIF at most 50.",
)
@click.option(
    "--of",
    "source",
    type=click.Choice(["auto", "sheets", "captures"]),
    default="auto",
    help="Which pictures; auto: the sheets of fixed latents where there are any, else the captures.",
)
@click.option(
    "--frames",
    metavar="NUMBER",
    type=click.IntRange(min=2),
    default=300,
    show_default=True,
    help="At most so many, those around events among them.",
)
@selection
def movie(
    *,
    runs: Path,
    output: Path | None,
    fps: float,
    source: Literal["auto", "sheets", "captures"],
    frames: int,
    select: tuple[str, ...],
    since: str | None,
) -> None:
    """Make a GIF or MP4 of what the generator drew over time, with the step and what went on above each."""
    found, errors = selected_runs(runs, select=select, since=since)
    single = output is not None and output.suffix.lower() in (".gif", ".mp4") and not output.is_dir()
    if single and len(found) > 1:
        names = ", ".join(run.name for run in found[:5])
        raise click.UsageError(
            harmless(f"{output} is one file, and there are {len(found)} runs ({names}); name one, or -o a folder")
        )
    folder = output or Path()
    made = 0
    for run in each(found, "making movies"):
        path = output if single and output is not None else folder / f"{'-'.join(path_below(run, runs).parts)}.gif"
        try:
            film = film_of(run, source=source, most=frames)
            with working(f"drawing {len(film.steps):,} frames"):
                count = write_film(film.frames(), path, fps=fps)
        except CollapseProbeError as error:
            if len(found) == 1:
                raise
            click.echo(f"Passed over: {error}", err=True)
            continue
        made += 1
        gone = f"; {film.left_out:,} more are stored, see --frames" if film.left_out else ""
        click.echo(harmless(f"{path}  {count:,} {film.source}, steps {film.steps[0]:,} to {film.steps[-1]:,}{gone}"))
    complain(errors)
    if not made:
        sys.exit(NO_RUNS)
