"""Writes the files of a report, each whole or not at all."""

import copy
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from plotly.offline import get_plotlyjs

from .._store import Run
from ..errors import CollapseProbeError, InvalidArgument
from ._entry import entry
from ._page import Plotly, data_file, html, index_page, one_page, run_page, script_name
from ._view import View
from ._words import Words

LEAST_CAPTURES, LEAST_POINTS = 2, 100


@dataclass(frozen=True)
class Amount:
    """How much of every run is shown, in which words, and where plotly.js comes from."""

    captures: int
    points: int
    say: Words
    plotlyjs: Plotly
    max_bytes: int | None = None

    def less(self) -> "Amount":
        """Half of it."""
        fewer = max(self.captures // 2, LEAST_CAPTURES), max(self.points // 2, LEAST_POINTS)
        return replace(self, captures=fewer[0], points=fewer[1])

    def view(self, run: Run, number: int) -> View:
        """A run, shown to this amount; what is read of it goes with the view."""
        # A run whose record is kept by the caller is not read into that record: 200 of them would stay in memory.
        return View(copy.copy(run), number=number, captures=self.captures, points=self.points, say=self.say)


def write_page(path: Path, runs: list[Run], errors: list[CollapseProbeError], *, title: str, amount: Amount) -> None:
    """One page with everything; within `max_bytes`, captures and points are halved until it fits, and that is said."""
    first = amount
    while True:
        views = (amount.view(run, number) for number, run in enumerate(runs, start=1))
        entries = [entry(view, link=f"#{view.anchor}") for view in views]
        notes = []
        if amount != first:
            text = "To stay within {bytes} bytes, {captures} captures a run and about {points} points a line are shown."
            limit = f"{amount.max_bytes:,}"
            notes.append(amount.say(text, bytes=limit, captures=amount.captures, points=amount.points))
        parts = one_page(title, entries, errors, say=amount.say, notes=notes)
        pieces = [piece.encode() for piece in html(parts, say=amount.say, plotlyjs=amount.plotlyjs)]
        size = sum(map(len, pieces))
        if amount.max_bytes is None or size <= amount.max_bytes:
            break
        if amount.less() == amount:
            raise InvalidArgument(
                f"max_bytes={amount.max_bytes:,}, but the least that can be shown of {len(runs)} runs takes {size:,} "
                "bytes; expected more, fewer runs, or plotlyjs='directory'"
            )
        amount = amount.less()
    _put(path, pieces)
    if amount.plotlyjs == "directory":
        _put(path.parent / script_name(), [get_plotlyjs().encode()])


def write_folder(
    path: Path, runs: Iterable[Run], errors: list[CollapseProbeError], *, title: str, amount: Amount
) -> None:
    """An overview, and in a folder named after it a page and the data of each run, and plotly.js."""
    folder = path.with_name(f"{path.stem}_files")
    folder.mkdir(exist_ok=True)
    plotlyjs: Plotly = "cdn" if amount.plotlyjs == "cdn" else "directory"
    entries = []
    for number, run in enumerate(runs, start=1):
        page, data = f"run-{number}.html", f"run-{number}.js"
        within = quote(folder.name)
        found = entry(amount.view(run, number), link=f"{within}/{page}", source=f"{within}/{data}")
        parts = run_page(found, back=f"../{quote(path.name)}", source=data, say=amount.say)
        pieces = html(parts, say=amount.say, plotlyjs=plotlyjs, beside=True)
        _put(folder / data, [data_file(found).encode()])
        _put(folder / page, [piece.encode() for piece in pieces])
        entries.append(replace(found, section="", data=""))
    if plotlyjs == "directory":
        _put(folder / script_name(), [get_plotlyjs().encode()])
    parts = index_page(title, entries, errors, say=amount.say, notes=[])
    pieces = html(parts, say=amount.say, plotlyjs=plotlyjs, folder=f"{quote(folder.name)}/", beside=True)
    _put(path, [piece.encode() for piece in pieces])


def _put(path: Path, pieces: list[bytes]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.unlink(missing_ok=True)  # a link that somebody laid there is not written through
        with temporary.open("xb") as stream:
            stream.writelines(pieces)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
