"""Which of the runs are meant."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

from .._store import Run, find_runs
from ..errors import CollapseProbeError, InvalidArgument, RunNotFound

_BACK = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|h|d|w)")
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MOST_NAMED = 5


def selected_runs(
    folder: Path, *, select: Sequence[str] = (), since: str | None = None
) -> tuple[list[Run], list[CollapseProbeError]]:
    """The runs below a folder that were asked for, and the errors of those that cannot be read.

    Raises `RunNotFound` where there is none, or none that was asked for.
    """
    moment = None if since is None else moment_of(since, now=datetime.now())
    found, errors = find_runs(folder)
    runs = [run for run in found if not select or any(matches(run, folder, pattern) for pattern in select)]
    for pattern in select:
        if not any(matches(run, folder, pattern) for run in found):
            names = ", ".join(run.name for run in found[:_MOST_NAMED]) or "none that can be read"
            more = ", ..." if len(found) > _MOST_NAMED else ""
            raise RunNotFound(
                f"--select {pattern}: no run in {folder} has that name, path or tag; there are {names}{more}"
            )
    if moment is not None:
        runs = [run for run in runs if last_sign_of_life(run) >= moment.timestamp()]
        if not runs and not errors:
            raise RunNotFound(
                f"--since {since}: no run in {folder} recorded anything at or after {moment:%Y-%m-%d %H:%M}"
            )
    return runs, errors


def matches(run: Run, folder: Path, pattern: str) -> bool:
    """Whether a run has that name, that path below the folder, or a tag `name=value`; all with globs."""
    names = (run.name, path_below(run, folder).as_posix(), *_tags(run.info.get("tags")))
    return any(fnmatchcase(name, pattern) for name in names)


def path_below(run: Run, folder: Path) -> Path:
    """Where the run lies in the folder that was searched; its name, where that is the run itself."""
    below = run.path.relative_to(folder)
    return below if below.parts else Path(run.name or "run")


def _tags(tags: object) -> Iterable[str]:
    if isinstance(tags, Mapping):
        return [f"{name}={value}" for name, value in tags.items()]
    return [str(tag) for tag in tags] if isinstance(tags, list) else []


def last_sign_of_life(run: Run) -> float:
    """Seconds since 1970: of the last step, start or end that is on record."""
    times = [item.get("time") for item in [*run.info["starts"], *run.info["ends"]]]
    known = [float(time) for time in times if isinstance(time, int | float)]
    of_steps = run.steps["time"].dropna()
    return max([*known, *of_steps.iloc[-1:].tolist()], default=float("-inf"))


def moment_of(said: str, *, now: datetime) -> datetime:
    """A date, or so far back from now.

    >>> moment_of("36h", now=datetime(2026, 11, 25, 18))
    datetime.datetime(2026, 11, 24, 6, 0)
    >>> moment_of("2026-11-20", now=datetime(2026, 11, 25)).day
    20
    """
    try:
        if back := _BACK.fullmatch(said.strip()):
            return now - timedelta(**{_UNITS[back[2]]: float(back[1])})
        if not said.strip().isdigit():
            return datetime.fromisoformat(said.strip())
    except (ValueError, OverflowError):
        pass
    raise InvalidArgument(
        f"--since {said} is no date; expected one such as 2026-11-20 or 2026-11-20T18:00, or how long ago: 90min, 3d"
    )
