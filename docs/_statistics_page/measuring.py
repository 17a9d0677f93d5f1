"""What a statistic makes of the generators: its course, its null, and how many samples it takes to see a loss."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from collapse_probe import statistics, toy
from collapse_probe.statistics import AbstractModeStatistic, AbstractStatistic

from .generators import MODES, WIDTH, Generator, Space, lifted_plane, pictures, plane

ROWS, REAL_ROWS = 256, 1024
DRAWS, NULL_DRAWS = 8, 32
SIZES = (64, 128, 256, 512, 1024)
RESOLVED = 3.0
"""Null standard deviations between a generator that lost something and real data of the same size."""
QUICKER = {"kernel_distance": {"subset_size": REAL_ROWS}}
"""Options other than the default ones, to save time: one subset, which is all samples, in place of 100."""


@dataclass(frozen=True)
class Member:
    """A statistic, fitted on real data."""

    name: str
    statistic: AbstractStatistic
    space: Space
    state: dict[str, Tensor]

    @property
    def note(self) -> str:
        """What is other than the page says of all."""
        options = [f"`{option}={value}`" for option, value in QUICKER.get(self.name, {}).items()]
        return " ".join([self.space.note, f"Made with {', '.join(options)}, to save time." if options else ""]).strip()

    def of(self, generator: Generator, seeds: range, rows: int = ROWS) -> np.ndarray:
        """Values (draws, parts)."""
        values = [self.statistic.compute(self.space.sample(generator, rows, seed), self.state) for seed in seeds]
        return np.stack([np.atleast_1d(np.asarray(value, dtype=np.float64)) for value in values])

    def null(self, seeds: range, rows: int = ROWS) -> np.ndarray:
        return self.of(Generator(), seeds, rows)


def fitted(name: str) -> Member:
    """In the plane, if the statistic is defined there."""
    statistic = replace(statistics.get(name), **QUICKER.get(name, {}))
    if isinstance(statistic, AbstractModeStatistic):
        statistic = replace(statistic, modes=toy.ring(MODES, sigma=WIDTH))
    member = _in(pictures() if statistic.reads == "samples" else plane(), name, statistic)
    if np.isfinite(member.null(range(1))).all():
        return member
    return _in(lifted_plane(), name, statistic)


def _in(space: Space, name: str, statistic: AbstractStatistic) -> Member:
    return Member(name, statistic, space, statistic.fit(space.sample(Generator(), REAL_ROWS, seed=1)))


def needed(member: Member, losses: Sequence[Generator]) -> list[str]:
    """For each loss the smallest batch at which a typical one lies beyond chance."""
    found = [math.inf] * len(losses)
    for rows in SIZES:
        if math.inf not in found:
            break
        null = member.null(range(2000, 2000 + NULL_DRAWS), rows)
        for place, loss in enumerate(losses):
            if math.isinf(found[place]) and _resolves(member.of(loss, range(3000, 3000 + DRAWS), rows), null):
                found[place] = rows
    return [f"over {SIZES[-1]:,}" if math.isinf(rows) else f"{rows:,}" for rows in found]


def _resolves(values: np.ndarray, null: np.ndarray) -> bool:
    with np.errstate(divide="ignore", invalid="ignore"):
        distances = np.abs(np.median(values, axis=0) - null.mean(axis=0)) / null.std(axis=0, ddof=1)
        return bool((distances >= RESOLVED).any())


def one_thread() -> None:
    torch.set_num_threads(1)
