"""One HTML file that shows what happened to one or many runs."""

import os
from collections.abc import Iterable
from pathlib import Path

from .._store import Run, find_runs
from ..errors import CollapseProbeError, InvalidArgument
from ._notebook import shown
from ._page import Plotly
from ._text import time_saved
from ._words import Language, Words
from ._write import Amount, write_folder, write_page

Source = str | os.PathLike[str] | Run

__all__ = ["report", "time_saved"]

setattr(Run, "_repr_html_", shown)  # noqa: B010 - the store, a layer below, knows nothing of pages
MOST_ON_A_PAGE = 500
"""Of more runs than this, each has a page of its own."""


def report(
    runs: Source | Iterable[Source],
    output: str | os.PathLike[str],
    *,
    title: str = "GAN training report",
    captures: int = 60,
    points: int = 3000,
    lang: Language = "en",
    plotlyjs: Plotly = "inline",
    max_bytes: int | None = None,
    pages: bool | None = None,
) -> Path:
    """Writes one interactive HTML file that works offline: verdicts, curves against real data, batches and events.

    `runs` is a folder of runs, one run, or several of either, by path or loaded. At most `captures` batches a run and
    about `points` points a line are shown, and the page says where it left some out; with `max_bytes`, as many as fit.
    `lang` is "en" or "ja". `plotlyjs="directory"` puts plotly.js beside the page, which then weighs 5 MB less, "cdn"
    has the browser fetch it. `pages=True`, or more than 500 runs, gives every run a page of its own, in a folder beside
    the overview. The same runs give the same file. Returns the path of the file; raises `RunNotFound` where there is no
    run, `InvalidArgument` where no file can be.
    """
    path = Path(output)
    if path.is_dir():
        raise InvalidArgument(f"output {path} is a folder; expected the path of a file, e.g. {path / 'report.html'}")
    if captures < 2 or points < 11:
        raise InvalidArgument(f"captures={captures}, points={points}; expected at least 2 captures and 11 points")
    if plotlyjs not in ("inline", "cdn", "directory"):
        raise InvalidArgument(f"plotlyjs={plotlyjs!r}; expected 'inline', 'cdn' or 'directory'")
    say = Words(lang)
    title = say(title)
    found, errors = _collect([runs] if isinstance(runs, str | os.PathLike | Run) else list(runs))
    many = len(found) > MOST_ON_A_PAGE if pages is None else pages
    if many and max_bytes is not None:
        raise InvalidArgument("max_bytes is for a single page; expected pages=False, or no max_bytes")
    path.parent.mkdir(parents=True, exist_ok=True)
    if many:
        write_folder(path, found, errors, title=title, amount=Amount(captures, points, say, plotlyjs))
        return path
    # Many runs share the room: a page of 200 runs with 60 batches and all lines each would not open.
    share = min(captures, max(600 // max(len(found), 1), 6))
    amount = Amount(share, points, say, plotlyjs, max_bytes)
    write_page(path, found, errors, title=title, amount=amount)
    return path


def _collect(sources: list[Source]) -> tuple[list[Run], list[CollapseProbeError]]:
    runs: list[Run] = []
    errors: list[CollapseProbeError] = []
    for source in sources:
        if isinstance(source, Run):
            runs.append(source)
            continue
        found, unreadable = find_runs(source)
        runs += found
        errors += unreadable
    if not runs and not errors:
        raise InvalidArgument("no runs were given; expected a folder, the path of a run, or several")
    return runs, errors
