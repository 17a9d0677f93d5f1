"""A run that goes on, as a screen of any size."""

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.table import Table
from rich.text import Text

from .._harmless import harmless
from .._records import Event
from ._feed import Feed
from ._lines import event_line, number, progress, shown_columns
from ._sparkline import BARS, PLAIN, sparkline

_MOST_EVENTS = 6
_FRAME = 4
"""Lines that are no curves and no events: title, progress, a blank and the keys."""
_COLOURS = {"critical": "bold red", "warning": "yellow"}
_NAME, _NUMBER = 18, 10


class Screen:
    """What rich draws: as much as the terminal has room for, the most important first."""

    def __init__(self, feed: Feed, *, keys: str) -> None:
        self._feed, self._keys = feed, keys

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width, height = options.max_width, options.height or console.height
        events = self._feed.events[-_MOST_EVENTS:]
        shown = max(min(len(events), height - _FRAME - 3), 0)
        room = max(height - _FRAME - shown, 1)
        yield Group(
            self._title(),
            _line(progress(self._feed)),
            self._curves(width, room, bars=PLAIN if options.ascii_only else BARS),
            *(_event(event) for event in events[len(events) - shown :]),
            Text(self._keys, style="dim", no_wrap=True, overflow="ellipsis"),
        )

    def _title(self) -> Text:
        critical = any(event.severity == "critical" for event in self._feed.events)
        title = _line(self._feed.name, style="bold red" if critical else "bold")
        best = self._feed.best.step
        return title if best is None else title + Text(f"   healthiest generator so far: step {best:,}", style="green")

    def _curves(self, width: int, room: int, *, bars: str) -> Table:
        feed = self._feed
        names = [("diversity", feed.diversity)] if feed.diversity.columns else []
        names += [(name, feed.steps) for name in shown_columns(feed)]
        table = Table(box=None, pad_edge=False, show_header=False, expand=False)
        table.add_column(max_width=_NAME, no_wrap=True)
        table.add_column(min_width=_NUMBER, justify="right", no_wrap=True)
        curve = width - _NAME - 3 * _NUMBER - 4
        wide = curve >= _NUMBER
        for _ in range(2 * wide):
            table.add_column(no_wrap=True)
        for name, history in names[:room]:
            least, greatest = history.extremes(name)
            last = history.last(name)
            said = f"{last:.0%}" if name == "diversity" else number(last)
            cells = [_line(name), Text(said)]
            if wide:
                low, high = history.bounds(name)
                cells += [Text(sparkline(least, greatest, width=curve, bars=bars), style="cyan")]
                cells += [Text(f"{number(low)} … {number(high)}", style="dim")]
            table.add_row(*cells)
        return table


def _event(event: Event) -> Text:
    return _line(event_line(event), style=_COLOURS.get(event.severity, ""))


def _line(text: str, style: str = "") -> Text:
    """Text from a run as it stands: no markup in it counts, and it stays one line."""
    return Text(harmless(text), style=style, no_wrap=True, overflow="ellipsis")
