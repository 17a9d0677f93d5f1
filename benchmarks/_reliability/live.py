"""A run that is read again and again while a process writes it."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _claims import Claim, table

import collapse_probe as cp

from .children import Nursery
from .kill import SECONDS
from .loops import KINDS, MADE, Marks


@dataclass(frozen=True)
class Reading:
    """What was found in one of the readings."""

    kind: str
    steps: int
    wrong: tuple[str, ...]
    age: float
    """How long before the reading began the first step was done that it lacks."""
    seconds: float
    """What it took: steps, statistics, events, the list of captures and the last of them."""


def measure(*, seconds: float) -> tuple[str, str]:
    """The heading and what is to be said under it."""
    with Nursery() as nursery:
        found = watch(nursery, seconds=seconds)
    rows = ["| loop | readings | steps at the end | oldest step missing | a reading takes |", "|---|---|---|---|---|"]
    for kind in KINDS:
        of = [reading for reading in found if reading.kind == kind]
        took = 1e3 * float(np.median([reading.seconds for reading in of]))
        rows.append(f"| {kind} | {len(of)} | {of[-1].steps} | {max(r.age for r in of):.2f} s | {took:.1f} ms |")
    text = (
        f"Each loop runs for {seconds:g} s in a process of its own, while this one opens the run anew, as fast as it "
        "can. Well read is a run whose steps are 0, 1, 2, ... without a gap, no fewer than the time before, each with "
        "the values that were recorded, and whose statistics, captures and events are all of steps that are there."
    )
    return "Read while it is written", "\n\n".join([text, "\n".join(rows), table(claims(found))])


def claims(found: Sequence[Reading]) -> list[Claim]:
    """What was promised of them."""
    wrong = float(sum(bool(reading.wrong) for reading in found))
    return [
        Claim("readings of something that never was", wrong, at_most=0.0, note=f"of {len(found):,}"),
        Claim("age of the oldest step that a reading lacks", max(r.age for r in found), "s", SECONDS),
    ]


def watch(nursery: Nursery, *, seconds: float, kinds: Sequence[str] = KINDS) -> list[Reading]:
    """Every reading of every kind of loop."""
    found: list[Reading] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, kind in enumerate(kinds):
            run, file = Path(folder) / f"run-{number}", Path(folder) / f"marks-{number}"
            marks = Marks.at(file)
            given = {"kind": kind, "folder": str(run), "marks": str(file), "life": 0, "first": 0, "seed": number}
            child = nursery.start("_reliability.loops:record", **given)
            try:
                found += _readings(kind, run, marks, seconds)
            finally:
                nursery.kill(child)
    return found


def _readings(kind: str, run: Path, marks: Marks, seconds: float) -> list[Reading]:
    found: list[Reading] = []
    give_up = time.monotonic() + 60
    while not marks.times[MADE]:
        if time.monotonic() > give_up:
            raise RuntimeError("the child made no probe within a minute")
        time.sleep(0.01)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        # What is done by now, two seconds later has to be there.
        done = marks.of(0)
        wrong, steps = _wrong(run, found[-1].steps if found else 0)
        missing = done[steps:]
        age = began - float(missing[0]) if len(missing) else 0.0
        found.append(Reading(kind, steps, tuple(wrong), age, time.monotonic() - began))
    return found


def _wrong(run: Path, before: int) -> tuple[list[str], int]:
    """What of the run cannot be, and how many steps it has."""
    found = cp.load(run)
    captures, statistics, events, steps = found.batches, found.statistics, found.events, found.steps
    wrong = []
    if steps.index.tolist() != list(range(len(steps))):
        wrong.append("a step is missing or comes twice")
    if len(steps) < before:
        wrong.append("steps have gone")
    if not np.array_equal(steps["stamp"].iloc[:-1] if "stamp" in steps else [], steps.index[:-1] / 7):
        wrong.append("a value is not the one that was recorded")
    if not set(steps.index).issuperset([*captures, *statistics.index, *events.index]):
        wrong.append("something is of a step that is not there")
    if found.problems:
        wrong.append(found.problems[0])
    if captures and not len(found.batch(captures[-1])):
        wrong.append("a capture is empty")
    return wrong, len(steps)
