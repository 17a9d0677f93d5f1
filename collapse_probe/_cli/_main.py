"""The group that the commands belong to."""

import click

from .._version import __version__
from ._check import check
from ._common import Commands
from ._demo import demo
from ._doctor import doctor
from ._export import export
from ._import import import_logs
from ._list import list_runs
from ._movie import movie
from ._report import report
from ._show import show
from ._watch import watch


@click.group(cls=Commands)
@click.version_option(__version__, prog_name="collapse-probe")
def main() -> None:
    """Tells a GAN trainer, while the GAN trains, that it is collapsing.

    Exit status: 0 well, 1 a run was flagged (with --fail-on), 2 usage, 3 no runs found, 4 some runs unreadable.
    """


for command in (report, watch, list_runs, check, show, export, import_logs, movie, doctor, demo):
    main.add_command(command)
