"""Loops that record until they are killed; what they have done is in shared memory, which survives them."""

import itertools
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

import collapse_probe as cp

STEPS = 1 << 20
MADE = STEPS
"""The entry that says when the probe was there."""
KINDS = ("attached, fast", "attached, pauses", "attached, slow", "by hand, fast", "by hand, pauses", "by hand, slow")


@dataclass(frozen=True)
class Marks:
    """When each step was done, by the clock that all processes share; 0 where it was not."""

    times: np.ndarray

    @classmethod
    def at(cls, file: Path) -> "Marks":
        """The marks in a file, made of zeros where there is none."""
        if not file.exists():
            with file.open("wb") as stream:
                stream.truncate(8 * (STEPS + 1))
        return cls(np.memmap(file, dtype=np.float64, mode="r+"))

    def of(self, first: int) -> np.ndarray:
        """The times of the steps from `first` on that were done."""
        times = self.times[first:STEPS]
        done = int(np.argmin(times > 0)) if not times.all() else len(times)
        return np.array(times[:done])


def record(kind: str, folder: str, marks: str, life: int, first: int, seed: int) -> None:
    """Train or feed by hand from step `first` on, for ever."""
    how, _, pace = kind.partition(", ")
    times = Marks.at(Path(marks)).times
    pauses = _pauses(pace, random.Random(seed))
    torch.manual_seed(seed)
    _probe, step_of = (_attached if how == "attached" else _by_hand)(folder, first, life)
    times[MADE] = time.monotonic()
    for step in itertools.count(first):
        step_of(step)
        times[step] = time.monotonic()
        time.sleep(next(pauses))


def _pauses(pace: str, dice: random.Random) -> Iterator[float]:
    """What the loop does after each step, besides training: mostly next to nothing."""
    while True:
        if pace == "slow":
            yield dice.uniform(0.2, 1.6)
        else:
            yield dice.uniform(0.8, 4.0) if pace == "pauses" and dice.random() < 0.01 else 0.0005


def _by_hand(folder: str, first: int, life: int) -> tuple[cp.Probe, Callable[[int], None]]:
    ring = cp.toy.ring(8)
    probe = cp.Probe(run=folder, real=ring.sample(256), modes=ring, first_step=first)

    def step_of(step: int) -> None:
        fake: dict[str, Any] = {"fake": torch.randn(64, 2)} if step % 50 == 0 else {}
        probe.step(loss_d=1.0, life=life, stamp=step / 7, **fake)

    return probe, step_of


def _attached(folder: str, first: int, life: int) -> tuple[cp.Probe, Callable[[int], None]]:
    ring = cp.toy.ring(8)
    generator, discriminator = nn.Linear(4, 2), nn.Linear(2, 1)
    g, d = torch.optim.SGD(generator.parameters(), 0.01), torch.optim.SGD(discriminator.parameters(), 0.01)
    probe = cp.attach(
        generator, discriminator, run=folder, real=ring.sample(256), modes=ring, first_step=first, sample_size=64
    )

    def step_of(step: int) -> None:
        d.zero_grad()
        loss = discriminator(generator(torch.randn(16, 4)).detach()).mean() - discriminator(torch.randn(16, 2)).mean()
        loss.backward()
        d.step()
        g.zero_grad()
        (-discriminator(generator(torch.randn(16, 4))).mean()).backward()
        g.step()
        probe.log(loss_d=loss, life=life, stamp=step / 7)

    return probe, step_of
