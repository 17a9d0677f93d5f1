"""Events as lines of JSON, one each."""

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from .._records import Event, Severity
from ._json import number, parse_json, whole
from ._layout import to_json
from ._tables import Boundaries, resumed_at

COLUMNS = ("kind", "severity", "onset", "message", "evidence", "advice", "visible_at")


@dataclass(frozen=True)
class StoredEvent:
    """An event, the start of the run that raised it, and the step at which the loop could see it."""

    event: Event
    start: int
    visible_at: int | None


def to_line(event: Event, *, start: int, visible_at: int | None) -> bytes:
    """The line of the file, with its end."""
    fields = dataclasses.asdict(event) | {"start": start, "visible_at": visible_at}
    return (to_json(fields) + "\n").encode()


def line_break(path: Path) -> bytes:
    """What ends a line that was torn by a kill, lest the next one be lost with it; mostly nothing."""
    if not path.exists() or not path.stat().st_size:
        return b""
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return b"" if stream.read() == b"\n" else b"\n"


def read_events(name: str, content: bytes, first: Boundaries) -> tuple[list[StoredEvent], list[str]]:
    """Events of the run as it went, without those that a later start replaced, and the lines that cannot be read.

    An event written twice is one event; the later line counts, since it may know `visible_at`.
    """
    found: dict[tuple[int, str, int, int], StoredEvent] = {}
    problems = []
    offset = 0
    for line in content.splitlines(keepends=True):
        whole = line.endswith(b"\n")
        stored = from_line(line)
        if stored is None and whole and line.strip():
            problems.append(f"{name}, byte {offset}: this line is not an event; skipped")
        if stored is not None and whole:
            resumed = resumed_at(stored.start, first)
            if resumed is None or stored.event.step < resumed:
                event = stored.event
                found[stored.start, event.kind, event.step, event.onset] = stored
        offset += len(line)
    return sorted(found.values(), key=lambda stored: stored.event.step), problems


def events_table(stored: list[StoredEvent]) -> pd.DataFrame:
    """One row an event, indexed by the step that raised it."""
    rows = [{name: getattr(item.event, name, item.visible_at) for name in COLUMNS} for item in stored]
    index = pd.Index([item.event.step for item in stored], name="step", dtype="int64")
    return pd.DataFrame(rows, index=index, columns=list(COLUMNS)).astype({"visible_at": "Int64"})


def from_line(line: bytes) -> StoredEvent | None:
    """What a line of the file says; None where it is no event."""
    try:
        fields: dict[str, Any] = parse_json(line)
        start, visible_at = fields.pop("start"), fields.pop("visible_at")
        fields["evidence"] = {name: number(value) for name, value in fields["evidence"].items()}
        event = Event(**fields)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    steps = (event.step, event.onset, start, 0 if visible_at is None else visible_at)
    words = (event.kind, event.message, event.advice)
    sound = all(whole(step) is not None for step in steps) and all(isinstance(word, str) for word in words)
    return StoredEvent(event, start, visible_at) if sound and event.severity in get_args(Severity) else None
