"""What the commands share: exit statuses, help that ends with examples, and how errors are said."""

import errno
from typing import Any

import click

from .._harmless import harmless
from ..errors import CollapseProbeError, InvalidArgument, RunNotFound, UnknownName

FLAGGED, USAGE, NO_RUNS, UNREADABLE, INTERRUPTED = 1, 2, 3, 4, 130


class Command(click.Command):
    """A command whose help ends with examples: `(arguments, what they do)`."""

    def __init__(self, *args: Any, examples: tuple[tuple[str, str], ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, each under what it does."""
        with formatter.section("Examples"):
            for arguments, what in self.examples:
                formatter.write_text(f"# {what}")
                # Whoever copies a line wants it whole, however narrow the terminal is.
                formatter.write(f"{'':>{formatter.current_indent}}collapse-probe {self.name} {arguments}".rstrip())
                formatter.write("\n")


class Commands(click.Group):
    """Turns the errors of this package and of the operating system into a message and an exit status."""

    command_class = Command

    def invoke(self, ctx: click.Context) -> None:
        """Run the command."""
        try:
            super().invoke(ctx)
        except CollapseProbeError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(status_of(error))
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(INTERRUPTED)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # whoever read our output has seen enough; click ends quietly
            where = "" if error.filename is None else f"{error.filename}: "
            click.echo(harmless(f"Error: {where}{error.strerror or error}"), err=True)
            ctx.exit(USAGE)


def status_of(error: CollapseProbeError) -> int:
    """The exit status that an error stands for."""
    if isinstance(error, InvalidArgument | UnknownName):
        return USAGE
    return NO_RUNS if isinstance(error, RunNotFound) else UNREADABLE
