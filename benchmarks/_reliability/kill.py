"""SIGKILL at random moments, again and again into the same folder: the run opens, and has all but its last moments."""

import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
import pandas as pd
from _claims import Claim, table

import collapse_probe as cp
from collapse_probe.errors import RunNotFound, UnreadableRun

from .children import Nursery
from .loops import KINDS, MADE, Marks

SECONDS = 2.0
STEPS = 1000
AT_ONCE = 4
LIVES = 4
"""How often a run is started and killed in one folder."""


@dataclass(frozen=True)
class Killed:
    """What was found after one kill."""

    kind: str
    before: bool
    """Whether it came before there was a run at all."""
    opened: bool
    wrong: tuple[str, ...] = ()
    """What is not as the loop recorded it."""
    seconds: float = 0.0
    """How long before the kill the first step was done that is not there; 0 where nothing is missing."""
    steps: int = 0
    """How many are missing."""
    torn: int = 0
    """Stretches of damage, from writes that the kill cut."""


def measure(*, trials: int, longest: float = 5.0, seed: int = 0) -> tuple[str, str]:
    """The heading and what is to be said under it."""
    with Nursery() as nursery:
        found = kill(nursery, trials=trials, longest=longest, seed=seed)
    late = [killed for killed in found if not killed.before]
    lines = [f"{len(found)} kills, each within {longest:g} s; {len(found) - len(late)} came before there was a run."]
    rows = ["| loop | kills | most seconds missing | most steps missing | writes cut |", "|---|---|---|---|---|"]
    for kind in KINDS:
        of = [killed for killed in late if killed.kind == kind]
        seconds, steps = max((k.seconds for k in of), default=0.0), max((k.steps for k in of), default=0)
        rows.append(f"| {kind} | {len(of)} | {seconds:.2f} | {steps} | {sum(k.torn for k in of)} |")
    return "Killed at random moments", "\n\n".join([*lines, "\n".join(rows), table(claims(late))])


def claims(found: Sequence[Killed]) -> list[Claim]:
    """What was promised of them."""
    wrong = [word for killed in found for word in killed.wrong]
    return [
        Claim("runs that did not open", float(sum(not killed.opened for killed in found)), at_most=0.0),
        Claim("runs with a row that is wrong, void or out of place", float(len(wrong)), at_most=0.0),
        Claim("age of the oldest step that is missing", max(k.seconds for k in found), "s", SECONDS),
        Claim("steps missing", float(max(k.steps for k in found)), at_most=float(STEPS)),
    ]


def kill(nursery: Nursery, *, trials: int, longest: float, seed: int) -> list[Killed]:
    """So many kills, of all kinds of loops alike, several runs at a time."""
    lock = Lock()
    with tempfile.TemporaryDirectory() as folder:
        runs = range(-(-trials // LIVES))

        def lives(number: int) -> list[Killed]:
            dice = random.Random(f"{seed}/{number}")
            return list(_lives(nursery, lock, Path(folder) / str(number), KINDS[number % len(KINDS)], dice, longest))

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return [killed for run in pool.map(lives, runs) for killed in run]


def _lives(
    nursery: Nursery, lock: Lock, place: Path, kind: str, dice: random.Random, longest: float
) -> Iterator[Killed]:
    """Starts and kills in one folder, going on where the run stopped or at a restored step before that."""
    place.mkdir()
    before = pd.DataFrame()
    for life in range(LIVES):
        last = int(before.index[-1]) if len(before) else -1
        first = dice.choice([last + 1, dice.randint(0, last + 1)])
        marks = place / f"marks.{life}"
        made = Marks.at(marks).times
        given = {"kind": kind, "folder": str(place / "run"), "marks": str(marks), "life": life, "first": first}
        with lock:
            child = nursery.start("_reliability.loops:record", **given, seed=dice.randint(0, 2**31))
        # Mostly somewhere in the loop; now and then while the folder is being made.
        give_up = time.monotonic() + 60
        while dice.random() > 0.02 and not made[MADE]:
            if time.monotonic() > give_up:
                raise RuntimeError("the child made no probe within a minute")
            time.sleep(0.002)
        time.sleep(dice.uniform(0.0, longest))
        at = time.monotonic()
        with lock:
            nursery.kill(child)
        yield _look(place / "run", kind, Marks.at(marks), before, (life, first, at))
        try:
            before = cp.load(place / "run").steps
        except (RunNotFound, UnreadableRun):
            return


def _look(run: Path, kind: str, marks: Marks, before: pd.DataFrame, born: tuple[int, int, float]) -> Killed:
    life, first, at = born
    try:
        found = cp.load(run)
        steps, problems = found.steps, found.problems
    except (RunNotFound, UnreadableRun):
        return Killed(kind, before=not marks.times[MADE] and not (run / "run.json").exists(), opened=False)
    done = marks.of(first)
    here = steps.loc[first:] if len(steps) and len(found.info["starts"]) == life + 1 else steps.iloc[:0]
    if len(here) and here["life"].dropna().lt(life).all() and len(before):
        here = steps.iloc[:0]  # killed before its first row was written
    missing = done[len(here) :]
    wrong = [*_wrong(steps, here, before, (life, first)), *_unreadable(found)]
    age = at - float(missing[0]) if len(missing) else 0.0
    return Killed(kind, False, True, tuple(wrong), age, len(missing), sum("whole block" in said for said in problems))


def _wrong(steps: pd.DataFrame, here: pd.DataFrame, before: pd.DataFrame, born: tuple[int, int]) -> Iterator[str]:
    life, first = born
    kept = before.loc[: first - 1] if len(here) and len(before) else before
    if steps.index.tolist() != [*kept.index, *here.index] or here.index.tolist() != list(
        range(first, first + len(here))
    ):
        yield "steps are missing in the middle, or come twice"
    elif not all(np.array_equal(steps.loc[kept.index, name], kept[name], equal_nan=True) for name in kept):
        yield "rows of an earlier start changed"
    # What is logged after the update may have come too late for the last row.
    elif len(here) and not (here["life"].iloc[:-1].eq(life).all() and here["life"].iloc[-1:].dropna().eq(life).all()):
        yield "rows of an earlier start stand where a later one took over"
    elif len(here) and not here["stamp"].iloc[:-1].eq(here.index[:-1] / 7).all():
        yield "a value is not the one that was recorded"


def _unreadable(run: cp.Run) -> Iterator[str]:
    steps = set(run.steps.index)
    for step in run.batches:
        if not len(run.batch(step)) or step not in steps:
            yield f"the capture of step {step} cannot be read, or is of a step that is not there"
    if not steps.issuperset(run.statistics.index) or not steps.issuperset(run.events.index):
        yield "a statistic or an event is of a step that is not there"
