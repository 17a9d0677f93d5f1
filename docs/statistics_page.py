"""Makes docs/statistics.md and its pictures: what every statistic says, and how it answers as a generator gets worse.

python docs/statistics_page.py                  # some minutes
python docs/statistics_page.py --only coverage  # that one anew, in its place
python docs/statistics_page.py --words          # after a change of docstrings: pictures and numbers stay
"""

import argparse
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _statistics_page.docstrings import cell, example, facts, formula, joined, said
from _statistics_page.drawing import draw
from _statistics_page.generators import LOSSES, MODES, WIDTH
from _statistics_page.measuring import (
    DRAWS,
    NULL_DRAWS,
    REAL_ROWS,
    RESOLVED,
    ROWS,
    SIZES,
    Member,
    fitted,
    needed,
    one_thread,
)

from collapse_probe import statistics

FOLDER = Path(__file__).parent
FUNCTIONS = "## Functions"


@dataclass(frozen=True)
class Entry:
    """What the page holds of one statistic."""

    name: str
    row: str
    section: str

    @property
    def sizes(self) -> list[str]:
        return [part.strip() for part in self.row.split("|")[-1 - len(LOSSES) : -1]]


def entry(name: str, folder: Path = FOLDER) -> Entry:
    """Measures, and draws the picture."""
    one_thread()
    member = fitted(name)
    draw(member, member.null(range(1000, 1000 + NULL_DRAWS)), folder / "statistics" / f"{name}.png")
    return written(member, needed(member, list(LOSSES.values())))


def written(member: Member, sizes: Sequence[str]) -> Entry:
    """The words, around what was measured."""
    name, lines = member.name, said(type(member.statistic))
    healthy = {"reference": "as real data"}.get(member.statistic.healthy, member.statistic.healthy)
    online = "at every capture" if member.statistic.online else "when called"
    row = f"| [`{name}`](#{name}) | {cell(lines['summary'])} | {healthy} | {online} | {' | '.join(sizes)} |"
    shown = f"![How `{name}` answers as a generator gets worse](statistics/{name}.png)"
    parts = [lines["text"], formula(lines), shown, member.note, facts(lines, healthy), example(lines)]
    return Entry(name, row, joined(f"## {name}", *parts))


def functions() -> dict[str, Callable[..., Any]]:
    """The public functions beside the statistics, by name."""
    found = inspect.getmembers(statistics, inspect.isfunction)
    return {
        name: function
        for name, function in found
        if not name.startswith("_") and function.__module__ != statistics.__name__
    }


def of_function(name: str, function: Callable[..., Any]) -> str:
    lines = said(function)
    arguments = [
        parameter.name + ("" if parameter.default is parameter.empty else f"={parameter.default!r}")
        for parameter in inspect.signature(function).parameters.values()
    ]
    call = f"`statistics.{name}({', '.join(arguments)})`"
    return joined(f"### {name}", call, lines["text"], formula(lines), facts(lines), example(lines, name))


HEAD = f"""# The statistics

What each says, where it comes from, and how it answers. Made by `python docs/statistics_page.py` from the docstrings
and from {MODES} Gaussians on a ring (radius 1, standard deviation {WIDTH:g}): fitted on {REAL_ROWS:,} real samples,
read on batches of {ROWS}. Every picture has four courses, each from a perfect generator on the left to a bad one on
the right. A line is the mean of {DRAWS} batches, its shade their standard deviation; it ends where a value is infinite.
The grey band is what real batches of that size score, two standard deviations to either side. A statistic with a part
for each mode has a line for each, in orange that of the mode that is dropped first, or favoured. Mode statistics know
the modes. Modes are dropped in turn around the ring, which moves the mean; the loss of every other mode would escape
what sees two moments only, such as `frechet_distance`.

Formulas: y are the n generated samples, x the m real ones, |.| is the Euclidean norm, ln the natural logarithm, 1[.] is
1 where what it holds is true and 0 elsewhere. What they call frozen is computed from real data once.

The last three columns say how large a batch has to be, of {", ".join(f"{size:,}" for size in SIZES)}, to show that one
mode of {MODES} has lost half of its share, that it is gone, or that half of the modes are: the median of {DRAWS}
batches is {RESOLVED:g} standard deviations or more from the mean of {NULL_DRAWS} real batches of that size. What is
measured when called costs too much for every capture, needs more samples than one holds, or adds nothing to what is
measured there. [Functions](#functions) beside the statistics come last.

| statistic | says | healthy | measured | {" | ".join(LOSSES)} |
|---|---|---|---|---|---|---|
"""


def page(entries: Sequence[Entry]) -> str:
    rows = "\n".join(found.row for found in entries)
    says = [f"| [`{name}`](#{name}) | {cell(said(function)['summary'])} |" for name, function in functions().items()]
    table = "\n".join(["| function | says |", "|---|---|", *says])
    beside = [of_function(name, function) for name, function in functions().items()]
    return HEAD + joined(rows, *[found.section for found in entries], FUNCTIONS, table, *beside) + "\n"


def entries_of(text: str) -> Iterator[Entry]:
    """What a page holds."""
    head, *sections = text.partition(f"\n\n{FUNCTIONS}\n")[0].split("\n\n## ")
    rows = [line for line in head.splitlines() if line.startswith("| [`")]
    for row, section in zip(rows, sections, strict=True):
        yield Entry(section.partition("\n")[0], row, f"## {section}")


def made(names: Sequence[str]) -> Iterable[Entry]:
    with ProcessPoolExecutor(2) as processes:
        for found in processes.map(entry, names):
            print(found.name, flush=True)
            yield found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=statistics.names(), help="these, in their places on the page")
    parser.add_argument("--words", action="store_true", help="measure and draw nothing")
    given = parser.parse_args(arguments)
    target = FOLDER / "statistics.md"
    kept = list(entries_of(target.read_text("utf-8"))) if given.only or given.words else []
    if given.words:
        kept = [written(fitted(old.name), old.sizes) for old in kept if old.name in statistics.names()]
    entries = {found.name: found for found in kept}
    if given.only or not given.words:
        entries |= {found.name: found for found in made(given.only or statistics.names())}
    target.write_text(page([entries[name] for name in statistics.names() if name in entries]), "utf-8")


if __name__ == "__main__":
    main()
