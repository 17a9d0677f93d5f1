"""Leave one program out: how do detectors do on a program that had no say in their settings?"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from collapse_probe.detectors import AbstractDetector

from .judged import OURS, Judged, files, judged, over
from .observed import load
from .outcomes import watched
from .scores import Score, score

Setting = TypeVar("Setting")
Make = Callable[[Setting], Sequence[AbstractDetector]]
"""Fresh detectors of a setting; a function of a module, since it goes to other processes."""

FALSE_STOP = 10.0
"""One in a hundred healthy runs stopped costs as much as a tenth of the saving."""


def cost(found: Score) -> float:
    """What a score costs: the mean saving that is lost, the share of premature stops, and ten times the false ones."""
    lost = 1.0 - float(np.mean(found.savings)) if found.savings else 0.0
    rates = [share.hits / share.of if share.of else 0.0 for share in (found.premature, found.false_stops)]
    return lost + rates[0] + FALSE_STOP * rates[1]


@dataclass(frozen=True)
class Validated(Generic[Setting]):
    """Every run as judged by the setting that was chosen without its program, and that setting by program."""

    runs: Sequence[Judged]
    chosen: Mapping[str, Setting]

    @property
    def score(self) -> Score:
        """On programs that took no part in choosing."""
        return score(self.runs)

    def table(self, said: Callable[[Setting], str] = repr) -> str:
        """How often each setting was chosen, as Markdown."""
        counts = Counter(said(setting) for setting in self.chosen.values())
        lines = [f"| {setting} | {count} of {len(self.chosen)} |" for setting, count in counts.most_common()]
        return "\n".join(["| setting | chosen |", "|---|---|", *lines])


def crossvalidate(
    folder: Path,
    grid: Sequence[Setting],
    *,
    make: Make[Setting],
    cost: Callable[[Score], float] = cost,
    processes: int = 2,
) -> Validated[Setting]:
    """For each program the cheapest setting on all others, and what it makes of this one.

    Of settings that cost the same the first in the grid is chosen: put the present one there. Detectors that watch
    captures alone are tried within a second a program and setting; those that watch steps take longer.
    """
    paths = files(folder)
    tried = list(over(paths, partial(judge_settings, grid=grid, make=make), processes=processes))
    runs: list[Judged] = []
    chosen: dict[str, Setting] = {}
    for left_out, of_program in enumerate(tried):
        costs = []
        for place in range(len(grid)):
            others = [run for other, found in enumerate(tried) if other != left_out for run in found[place]]
            costs.append(cost(score(others)))
        best = int(np.argmin(costs))
        chosen[paths[left_out].stem] = grid[best]
        runs += of_program[best]
    return Validated(runs, chosen)


def judge_settings(path: Path, *, grid: Sequence[Setting], make: Make[Setting]) -> list[list[Judged]]:
    """The runs of a file under each setting."""
    observed = list(load(path))
    plain = [judged(run, {}) for run in observed]
    return [
        [
            dataclasses.replace(known, outcomes={OURS: watched(run, partial(make, setting))})
            for run, known in zip(observed, plain, strict=True)
        ]
        for setting in grid
    ]
