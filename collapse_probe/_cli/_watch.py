"""`collapse-probe watch`."""

import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from .._harmless import harmless
from .._live import Feed, event_line, status_line
from .._store import Run
from ._arguments import RunsPath, selection
from ._common import Command
from ._keys import Keys
from ._progress import has_rich
from ._say import complain, print_json_line
from ._select import last_sign_of_life, selected_runs

EXAMPLES = (
    ("runs/lego-01", "One run, while another process trains it; q or Ctrl-C leaves, and the training goes on"),
    ("runs/", "The run below runs/ that was written last"),
    ("runs/ --plain --interval 60 >> watch.log", "A line a minute, and each event when it comes"),
    ("runs/lego-01 --json", "A line of JSON for each second in which something came"),
    ("runs/lego-01 --once", "How it stands now"),
)
_PLAIN_SECONDS, _SCREEN_SECONDS = 10.0, 1.0
_GLANCE = 0.25
"""A key or a new size of the terminal waits no longer."""


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("runs", type=RunsPath(), default=Path("runs"))
@click.option(
    "--interval",
    metavar="SECONDS",
    type=click.FloatRange(min=0.05),
    default=None,
    help="Between two looks. Default: 1, and 10 for plain lines.",
)
@click.option("--plain", is_flag=True, help="Lines instead of a screen, as where standard output is no terminal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead.")
@click.option("--once", is_flag=True, help="Say how it stands now, and leave.")
@selection
def watch(*, runs: Path, interval: float | None, select: tuple[str, ...], since: str | None, **how: bool) -> None:
    """Show a run live: losses, edge, diversity, events, pace and time left.

    RUNS is a run, or a folder of them: then that one is shown which was written last. Only what is new is read. With
    many ranks, the numbers are those of rank 0. It ends when the run ends, and says the verdict.
    """
    found, errors = selected_runs(runs, select=select, since=since)
    if not found:
        complain(errors)
    feed = Feed((found[0] if len(found) == 1 else max(found, key=last_sign_of_life)).path)
    feed.look()
    screen = _is_terminal() and not (how["plain"] or how["as_json"] or how["once"])
    if screen and not has_rich():
        click.echo("Plain lines: the screen needs rich. pip install 'collapse-probe[watch]'", err=True)
        screen = False
    if len(found) > 1 and not how["as_json"]:
        click.echo(harmless(f"{feed.run.path}, the one of {len(found)} runs that was written last"), err=True)
    if screen:
        _on_screen(feed, interval or _SCREEN_SECONDS)
    elif how["as_json"]:
        _in_json(feed, interval or _SCREEN_SECONDS, once=how["once"])
    else:
        _in_lines(feed, interval or _PLAIN_SECONDS, once=how["once"])


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _on_screen(feed: Feed, interval: float) -> None:
    from rich.console import Console
    from rich.live import Live

    from .._live._screen import Screen

    console = Console()
    with Keys() as keys:
        screen = Screen(
            feed, keys="q quits; the training goes on" if keys.known else "Ctrl-C quits; the training goes on"
        )
        live = Live(screen, console=console, screen=True, auto_refresh=False, transient=True)
        try:
            with live:
                looked, size = time.monotonic(), console.size
                while feed.ended is None and keys.pressed(_GLANCE) not in ("q", "Q"):
                    due = time.monotonic() - looked >= interval
                    if due:
                        looked = time.monotonic()
                        feed.look()
                    if due or console.size != size:
                        size = console.size
                        live.refresh()
        except KeyboardInterrupt:
            pass  # that is how one leaves
        finally:
            live.stop()  # once more: Ctrl-C in the midst of the first picture is before there is anything to leave
    _say_end(feed)


def _in_lines(feed: Feed, interval: float, *, once: bool) -> None:
    told = 0
    for _ in _looks(feed, interval, once=once):
        for event in feed.events[told:]:
            click.echo(event_line(event))
        told = len(feed.events)
        click.echo(status_line(feed))
    if not once:
        _say_end(feed)


def _in_json(feed: Feed, interval: float, *, once: bool) -> None:
    told = 0
    for _ in _looks(feed, interval, once=once):
        print_json_line(_as_json(feed) | {"events": [asdict(event) for event in feed.events[told:]]})
        told = len(feed.events)


def _as_json(feed: Feed) -> dict[str, Any]:
    return {
        "run": str(feed.run.path),
        "step": feed.step,
        "total_steps": feed.total_steps,
        "steps_a_second": feed.steps_a_second,
        "seconds_left": feed.seconds_left,
        "ended": feed.ended,
        "values": {name: feed.steps.last(name) for name in feed.steps.columns},
        "diversity": feed.diversity.last("diversity"),
        "captures": feed.captures,
        "best_step": feed.best.step,
    }


def _looks(feed: Feed, interval: float, *, once: bool) -> Iterator[None]:
    """Once now, and then each time when something has come, until the run has ended."""
    yield
    while not once and feed.ended is None:
        time.sleep(interval)
        if feed.look():
            yield


def _say_end(feed: Feed) -> None:
    """The verdict of a run that has ended, else where it stands."""
    if feed.ended is None:
        click.echo(status_line(feed))
        return
    verdict = Run(feed.run.path).verdict
    best = "" if verdict.best_step is None else f" Best step {verdict.best_step:,}."
    click.echo(harmless(f"{feed.name}: {verdict.kind}. {verdict.reason}{best}"))
