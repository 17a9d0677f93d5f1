"""Every run of a file with its truth and what each judge made of it: our detectors and the baselines."""

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from .baselines import BASELINES
from .labels import Label, label
from .observed import Observed, load
from .outcomes import Outcome, watched

OURS = "collapse_probe"
Made = TypeVar("Made")


@dataclass(frozen=True)
class Judged:
    """One run: `outcomes` by judge."""

    program: str
    setting: str
    seed: int
    length: int
    fault: str
    label: Label
    outcomes: Mapping[str, Outcome]

    @property
    def name(self) -> str:
        """Program, setting and seed."""
        return f"{self.program}/{self.setting}/{self.seed}"


def judged(run: Observed, outcomes: Mapping[str, Outcome]) -> Judged:
    """The run with its label, and without what was recorded."""
    return Judged(run.program, run.setting, run.seed, run.length, run.fault, label(run), outcomes)


def judge_all(path: Path) -> list[Judged]:
    """The runs of a file, read by our detectors as they come and by every baseline."""
    found = []
    for run in load(path):
        rules = {name: Outcome(rule(run)) for name, rule in BASELINES.items()}
        found.append(judged(run, {OURS: watched(run)} | rules))
    return found


def files(folder: Path) -> list[Path]:
    """The files of a folder, by program."""
    found = sorted(folder.glob("*.npz"))
    if not found:
        raise SystemExit(f"{folder} holds no observations (*.npz); make them with --build")
    return found


def over(paths: Sequence[Path], work: Callable[[Path], Made], *, processes: int = 2) -> Iterator[Made]:
    """The work on every file, in their order; with one process, in this one."""
    if processes == 1:
        yield from map(work, paths)
        return
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(work, paths)
