"""run.json: format, ids, options, tags, how each start and each end went."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UnreadableRun, UnsupportedFormat
from ._files import MOST_JSON, read_file
from ._json import parse_json, text, whole
from ._layout import FORMAT, run_file

RESERVED = frozenset({"format", "starts", "ends", "gaps"})
_LONGEST_ERROR = 300


def read_run_file(folder: Path, rank: int = 0) -> dict[str, Any]:
    """The content of run.json; raises `UnreadableRun` or `UnsupportedFormat`."""
    path = run_file(folder, rank)
    try:
        content: Any = parse_json(read_file(path, most=MOST_JSON))
    except UnreadableRun:
        raise
    except ValueError as error:
        raise UnreadableRun(f"{path} is not JSON ({error}); restore it, or remove the folder") from error
    except FileNotFoundError as error:
        raise UnreadableRun(f"{path} is missing; expected the run.json of a run folder") from error
    known = whole(content.get("format")) if isinstance(content, dict) else None
    if known is None:
        raise UnreadableRun(f"{path} names no format; expected the run.json of a run folder")
    if known > FORMAT:
        raise UnsupportedFormat(
            f"{path} has format {known}, and this version of collapse_probe reads up to {FORMAT}; "
            "upgrade with pip install --upgrade collapse_probe"
        )
    for name, sound in (("starts", _is_start), ("ends", _is_end)):
        if not isinstance(content.get(name), list):
            raise UnreadableRun(f"{path} has no list {name!r}; expected the run.json of a run folder")
        for place, item in enumerate(content[name]):
            if not (isinstance(item, Mapping) and sound(item)):
                raise UnreadableRun(f"{path} has something else than a start or an end in {name}[{place}]; restore it")
    return dict(content)


def last_end(info: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """How the last start ended; None where it goes on, or was killed."""
    last = len(info["starts"]) - 1
    found: list[Mapping[str, Any]] = [end for end in info["ends"] if end.get("start") == last]
    return found[0] if found else None


def interruption(info: Mapping[str, Any]) -> str | None:
    """The error that ended the last start, if one did: in a line, whatever the file says."""
    end = last_end(info)
    if end is None or end["how"] != "exception":
        return None
    return text(end.get("error"))[:_LONGEST_ERROR] or "an error"


def planned_steps(info: Mapping[str, Any]) -> int | None:
    """How long the run is meant to be, where that was said."""
    total = whole(info.get("total_steps"))
    return total if total is not None and total > 0 else None


def _is_start(item: Mapping[str, Any]) -> bool:
    return isinstance(item.get("time", 0.0), int | float | str) and not isinstance(item.get("time"), bool)


def _is_end(item: Mapping[str, Any]) -> bool:
    return whole(item.get("start")) is not None and bool(text(item.get("how")))
