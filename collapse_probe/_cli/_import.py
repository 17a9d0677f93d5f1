"""`collapse-probe import`."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from .._harmless import harmless
from .._logs import TARGETS, Imported, find_logs, import_log
from ..errors import CollapseProbeError
from ._arguments import json_option
from ._common import Command, status_of
from ._progress import each
from ._say import print_json

EXAMPLES = (
    ("tb_logs/", "Every run that TensorBoard shows of that folder, below runs/"),
    ("training-runs/00003-stylegan2/stats.jsonl -o runs/", "StyleGAN's own log"),
    ("log.csv --name lego-01 --map errD=loss_d --map errG=loss_g --step batch", "A table with names of its own"),
)


@click.command(name="import", cls=Command, examples=EXAMPLES)
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), default="runs", help="Where the runs go. Default: runs."
)
@click.option("--name", default=None, help="Of the run; for one log. Default: that of the file, or of its folder.")
@click.option(
    "--map",
    "pairs",
    metavar="THEIRS=OURS",
    multiple=True,
    help=f"What a name of the log means, where it is not recognised: {', '.join(TARGETS)}. May be given again.",
)
@click.option("--step", default=None, help="What counts the steps, in a CSV or JSONL log.")
@click.option("--number-rows", is_flag=True, help="Count the rows instead of taking the log's own steps.")
@json_option
def import_logs(
    *,
    logs: tuple[Path, ...],
    output: Path,
    name: str | None,
    pairs: tuple[str, ...],
    step: str | None,
    number_rows: bool,
    as_json: bool,
) -> None:
    """Make runs of other tools' logs, and judge them as far as scalars go.

    LOGS are event files of TensorBoard, CSV or JSONL files, or folders of such. Losses, scores of D and gradient norms
    are recognised by their usual names; all other numbers go along under their own. What cannot be judged is said: a
    log holds no samples, so it never shows a collapse.
    """
    given = [_pair(pair) for pair in pairs]
    sources = find_logs(logs)
    if name is not None and len(sources) > 1:
        raise click.UsageError(f"--name {harmless(name)} is for one log, and there are {len(sources)}")
    made: list[Imported] = []
    status = 0
    for source in each(sources, "importing"):
        try:
            run = output / (name or source.name)
            made.append(import_log(source, run, given=given, step=step, number_rows=number_rows))
        except CollapseProbeError as error:
            status = max(status, status_of(error))
            click.echo(f"Not imported: {error}", err=True)
            continue
        if not as_json:
            _print(made[-1])
    if as_json:
        print_json([asdict(one) for one in made])
    sys.exit(status)


def _pair(said: str) -> tuple[str, str]:
    theirs, sign, ours = said.rpartition("=")
    if not sign:
        raise click.BadParameter(f"{harmless(said)} is no pair; expected such as errG=loss_g", param_hint="--map")
    return theirs, ours


def _print(one: Imported) -> None:
    lines = [f"{one.run}: {one.verdict.kind}. {one.verdict.reason}"]
    lines.append(f"  {one.rows:,} steps, counted by {one.counted_by}")
    lines += [f"  {ours:<16}  {theirs}" for ours, theirs in one.columns.items()]
    if one.kept:
        more = f" and {len(one.kept) - 8:,} more" if len(one.kept) > 8 else ""
        lines.append(f"  as they are       {', '.join(one.kept[:8])}{more}")
    lines += [f"  judged            {kind}" for kind in one.judged]
    for why in dict.fromkeys(one.not_judged.values()):
        what = " and ".join(kind for kind, reason in one.not_judged.items() if reason == why)
        lines.append(f"  not judged        {what}: {why}")
    lines += [f"  problem           {problem}" for problem in one.problems]
    for line in lines:
        click.echo(harmless(line))
