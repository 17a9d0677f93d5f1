"""One HTML file that shows what happened to one or many runs."""

import os
from collections.abc import Iterable
from pathlib import Path

from .._store import Run, find_runs
from ..errors import CollapseProbeError, InvalidArgument
from ._page import page
from ._text import time_saved
from ._view import View

Source = str | os.PathLike[str] | Run

__all__ = ["report", "time_saved"]


def report(
    runs: Source | Iterable[Source],
    output: str | os.PathLike[str],
    *,
    title: str = "GAN training report",
    captures: int = 60,
    points: int = 2000,
) -> Path:
    """Writes one interactive HTML file that works offline: verdicts, curves against real data, batches and events.

    `runs` is a folder of runs, one run, or several of either, by path or loaded. At most `captures` batches a run and
    about `points` points a line are shown, and the page says where it left some out. The same runs give the same file.
    Returns the path of the file; raises `RunNotFound` where there is no run, `InvalidArgument` where no file can be.
    """
    path = Path(output)
    if path.is_dir():
        raise InvalidArgument(f"output {path} is a folder; expected the path of a file, e.g. {path / 'report.html'}")
    if captures < 2 or points < 11:
        raise InvalidArgument(f"captures={captures}, points={points}; expected at least 2 captures and 11 points")
    found, errors = _collect([runs] if isinstance(runs, str | os.PathLike | Run) else list(runs))
    # Many runs share the room: a page of 200 runs with 60 batches and all lines each would not open.
    share = min(captures, max(600 // max(len(found), 1), 6))
    points = min(points, max(60_000 // max(len(found), 1), 300))
    views = [View(run, number=number, captures=share) for number, run in enumerate(found, start=1)]
    content = page(title, views, errors, points=points)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.unlink(missing_ok=True)  # a link that somebody laid there is not written through
        with temporary.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
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
