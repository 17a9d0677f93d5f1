"""One run as the report sees it: everything read once, and what cannot be read left out."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from .._records import DIVERSITY, Band, Event, Verdict
from .._store import Run
from ..errors import CollapseProbeError, UnreadableRun
from ._batches import can_be_drawn
from ._lines import Lines
from ._words import ENGLISH, Words

SHORT = 28
"""Longer titles are sentences: they are set beside the name."""
PART = re.compile(r"(.+)\.([0-9]{1,6})", re.DOTALL)
MOST_EVENTS = 500
NUMBERS_A_RUN = 30_000
"""So many numbers take about 100 kB of the page; a run with many columns shows fewer points of each."""
LEAST_POINTS = 300
MOST_NUMBERS = 2**28
"""Of all captures that are shown; older ones beyond are left out, or making the page would take many gigabytes."""
CLASSES = "class_diversity"
"""The statistic whose parts are classes."""
SIDES = {"high": "higher is healthier", "low": "lower is healthier", "reference": "healthy inside the band"}


@dataclass(frozen=True)
class Label:
    """How a statistic is called, and what it says."""

    title: str
    about: str
    unit: str
    side: str
    part: str

    @property
    def subtitle(self) -> str:
        """What it says, unit and healthy side."""
        return " · ".join(part for part in (self.about, self.unit, self.side) if part)


class View:
    """A run, the number of its section, and how much of it is shown in which language."""

    def __init__(
        self, run: Run, *, number: int = 1, captures: int = 60, points: int = 3000, say: Words = ENGLISH
    ) -> None:
        self.run = run
        self.say = say
        self.anchor = f"run-{number}"
        self.verdict: Verdict = run.verdict
        self.steps: pd.DataFrame = run.steps
        self.statistics: pd.DataFrame = run.statistics.drop(columns="time", errors="ignore")
        self.event_count = len(run.event_list)
        self.events: list[Event] = run.event_list[:MOST_EVENTS]
        visible_at = run.events["visible_at"].iloc[:MOST_EVENTS]
        self.visible_at: list[int | None] = [None if pd.isna(step) else int(step) for step in visible_at]
        self.problems: list[str] = run.problems
        self._captures = captures
        self._points = points

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.run.name

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """Of the reference."""
        try:
            return self.run.reference_metadata
        except UnreadableRun:
            return {}

    @cached_property
    def bands(self) -> dict[str, Band]:
        """What real data score, by column."""
        try:
            return self.run.bands
        except UnreadableRun:
            return {}

    @cached_property
    def reference(self) -> np.ndarray | None:
        """The real samples, if they can be read."""
        try:
            real = self.run.reference
        except UnreadableRun:
            return None
        return real if real is not None and can_be_drawn(real) else None

    @cached_property
    def most(self) -> int:
        """About so many points of each line are shown."""
        return min(self._points, max(NUMBERS_A_RUN // max(len(self.scalars) + len(self.columns), 1), LEAST_POINTS))

    @cached_property
    def step_lines(self) -> Lines:
        """The columns of the steps, as they are drawn."""
        return Lines(self.steps, most=self.most, events=self.turns)

    @cached_property
    def statistic_lines(self) -> Lines:
        """The statistics that are one number, as they are drawn."""
        return Lines(self.statistics[self.columns], most=self.most, events=self.turns)

    @property
    def turns(self) -> list[int]:
        """The steps at which something began or was raised."""
        return [step for event in self.events for step in (event.onset, event.step)]

    @property
    def last_step(self) -> int | None:
        """The last step of which anything is known."""
        return max((int(table.index[-1]) for table in (self.steps, self.statistics) if len(table)), default=None)

    @property
    def scalars(self) -> list[str]:
        """The columns of the steps."""
        return [str(name) for name in self.steps]

    @cached_property
    def columns(self) -> list[str]:
        """The statistics that are one number; first the one that verdicts and events call diversity."""
        found = [name for name in map(str, self.statistics) if not PART.fullmatch(name)]
        return sorted(found, key=lambda name: name != DIVERSITY)

    @cached_property
    def vectors(self) -> dict[str, list[str]]:
        """The statistics that have several parts, with the columns of their parts in order."""
        found: dict[str, list[tuple[int, str]]] = {}
        for name in map(str, self.statistics):
            if match := PART.fullmatch(name):
                found.setdefault(match[1], []).append((int(match[2]), name))
        return {stem: [name for _, name in sorted(parts)] for stem, parts in found.items()}

    def label(self, name: str) -> Label:
        """What the run says about a statistic; its name, made readable, if it says nothing."""
        statistics = self.metadata.get("statistics")
        known = statistics.get(name) if isinstance(statistics, dict) else None
        known = known if isinstance(known, dict) else {}
        said = str(known.get("title") or "").strip().removesuffix(".")
        readable = self.say.name(name.replace("_", " ").capitalize())
        title, about = (self.say.name(said), "") if 0 < len(said) <= SHORT else (readable, self.say.name(said))
        return Label(
            title,
            about,
            self.say.name(str(known.get("unit") or "")),
            self.say(SIDES[side]) if (side := str(known.get("healthy"))) in SIDES else "",
            self.say.name(str(known.get("part") or "part")),
        )

    def part_names(self, name: str) -> list[str]:
        """How the parts of a vector statistic are called: their numbers, with the names that the run gave classes.

        Modes that a classifier tells apart are classes: those of its labels that it gave to real data, in order.
        """
        numbers = [column.rpartition(".")[2] for column in self.vectors[name]]
        if name == CLASSES:
            return [self.class_name(int(each)) for each in numbers]
        try:
            labels = self.run.reference_tensors.get(f"{name}.labels")
        except CollapseProbeError:
            return numbers
        if labels is None or labels.ndim != 1 or labels.dtype.kind not in "iu":
            return numbers
        return [self.class_name(int(labels[int(each)])) if int(each) < len(labels) else each for each in numbers]

    def class_name(self, label: int) -> str:
        """The number of a class, and its name where the run has one."""
        names = self.run.info.get("class_names")
        named = isinstance(names, list) and 0 <= label < len(names) and isinstance(names[label], str)
        return f"{label} {names[label]}" if named and isinstance(names, list) else str(label)

    @cached_property
    def shown(self) -> dict[int, np.ndarray]:
        """The captures that the page shows, by step: those whose samples have the shape of the newest."""
        found: dict[int, np.ndarray] = {}
        room = MOST_NUMBERS
        for step in reversed(thin(self.run.batches, keep=self._kept(), most=self._captures)):
            try:
                generated = self.run.batch(step)
            except CollapseProbeError:
                continue
            alike = not found or generated.shape[1:] == next(iter(found.values())).shape[1:]
            if alike and can_be_drawn(generated) and room >= generated.size:
                found[step] = generated
                room -= generated.size
        return dict(reversed(found.items()))

    @cached_property
    def slider(self) -> list[int]:
        """The steps that can be chosen: captures, or rows of statistics where no capture is kept."""
        return list(self.shown) or thin(self.statistics.index.tolist(), keep=self._kept(), most=self._captures)

    def _kept(self) -> list[int]:
        wanted = [self.verdict.best_step, self.verdict.step]
        return [step for step in wanted if step is not None] + self.turns


def thin(steps: list[int], *, keep: Iterable[int], most: int) -> list[int]:
    """At most `most` of the steps: first, last, those around each of `keep` as far as there is room, the rest evenly.

    >>> thin(list(range(0, 1000, 10)), keep=[500], most=8)
    [0, 240, 490, 500, 510, 740, 990]
    """
    if len(steps) <= most:
        return steps
    chosen = {0, len(steps) - 1}
    for step in keep:
        place = bisect_left(steps, step)
        chosen |= {i for i in (place - 1, place, place + 1) if 0 <= i < len(steps) and len(chosen) < most - 2}
    even = np.linspace(0, len(steps) - 1, max(most - len(chosen) + 2, 2)).astype(int)
    return [steps[i] for i in sorted(chosen | set(even.tolist()))]
