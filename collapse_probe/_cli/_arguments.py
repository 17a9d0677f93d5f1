"""Arguments and options that several commands have, and how the shell completes them."""

from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from .._store import run_folders

_MOST_COMPLETIONS = 500


class RunsPath(click.Path):
    """A run folder, or a folder of them; the shell completes runs, and folders where there are none."""

    name = "runs"

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The folders that the word may become, runs being said to be such."""
        above = Path(incomplete if incomplete.endswith("/") else Path(incomplete).parent)
        found = [
            str(folder)
            for folder in sorted(above.iterdir() if above.is_dir() else ())
            if str(folder).startswith(incomplete.removeprefix("./")) and (folder / "run.json").is_file()
        ]
        runs = [CompletionItem(folder, help="run") for folder in found[:_MOST_COMPLETIONS]]
        return runs or super().shell_complete(ctx, param, incomplete)


class RunPattern(click.ParamType[str]):
    """The name of a run, a glob, or tag=value; the shell completes the names of the runs."""

    name = "pattern"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The names of the runs below RUNS."""
        # Behind an option that still lacks its value, click leaves what came before it unread.
        runs = Path(ctx.args[0] if ctx.args else ctx.params.get("runs") or "runs")
        names = sorted({folder.name for folder in run_folders(runs)})
        return [CompletionItem(name) for name in names if name.startswith(incomplete)][:_MOST_COMPLETIONS]


runs_argument = click.argument("runs", type=RunsPath(), default=Path("runs"))
run_argument = click.argument("run", type=RunsPath())
json_option = click.option("--json", "as_json", is_flag=True, help="JSON on standard output, for scripts.")


def selection(command: Any) -> Any:
    """The options --select and --since."""
    since = click.option(
        "--since",
        metavar="DATE",
        default=None,
        help="Only runs that recorded at or after DATE: 2026-11-20, 2026-11-20T18:00, or so long ago: 90min, 12h, 3d.",
    )
    select = click.option(
        "--select",
        metavar="PATTERN",
        type=RunPattern(),
        multiple=True,
        help="Only runs of that name (globs: 'lego-*'), path below RUNS, or tag ('data=lego*'). May be given again.",
    )
    return select(since(command))
