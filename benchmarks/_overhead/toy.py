"""What `attach` adds to each step of a network so small that it is nearly all overhead."""

import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _claims import Claim, interval, ratio

import collapse_probe as cp

from .clocks import Cost, block, settle
from .networks import Gan, ring

FLOOR_MICROSECONDS = 150.0


@dataclass
class Rounds:
    """Cost of a step in each round, with the probe and without; `once` is what attaching cost by itself."""

    watched: list[Cost] = field(default_factory=list)
    alone: list[Cost] = field(default_factory=list)
    once: list[float] = field(default_factory=list)


def measure(*, rounds: int, steps: int, warm_up: int, captures: bool) -> Rounds:
    """Attached and closed again in each round, on one pair of networks.

    With `captures` all options but `real` are left alone, and the warm-up is there for the first captures: they find
    out their interval. Without, no reference is ever fitted, and in the warm-up the real samples are collected.
    """
    gan, order = ring(), random.Random(0)
    found = Rounds()
    block(gan.step, steps)
    for _ in range(rounds):
        sides = order.sample(("watched", "alone"), 2)
        for side in sides:
            if side == "alone":
                found.alone.append(block(gan.step, steps))
            else:
                _watched(gan, found, (steps, warm_up), {"real": gan.real} if captures else {"every": 10**9})
    return found


def claims(floor: Rounds, captures: Rounds) -> list[Claim]:
    """Microseconds a step over all threads, and as a share of training."""
    made = []
    for name, rounds, target in (
        ("floor: steps alone, no captures", floor, FLOOR_MICROSECONDS),
        ("with captures, all defaults", captures, None),
    ):
        pairs = list(zip(rounds.watched, rounds.alone, strict=True))
        added = interval([1e6 * (watched.cpu - alone.cpu) for watched, alone in pairs])
        share = ratio([watched.cpu for watched, _ in pairs], [alone.cpu for _, alone in pairs])
        wall = ratio([watched.wall for watched, _ in pairs], [alone.wall for _, alone in pairs])
        made += [
            Claim(f"CPU time added a step, {name}", added, "µs", target),
            Claim(f"CPU time, watched / alone, {name}", share, "×"),
            Claim(f"wall time, watched / alone, {name}", wall, "×"),
        ]
    once = interval([1e3 * seconds for seconds in captures.once])
    return [*made, Claim("CPU time once: attaching, and fitting the reference", once, "ms")]


def _watched(gan: Gan, found: Rounds, lengths: tuple[int, int], options: dict[str, Any]) -> None:
    steps, warm_up = lengths
    settle()
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        with cp.attach(gan.generator, gan.discriminator, run=Path(folder) / "run", **options) as probe:
            for _ in range(warm_up):
                gan.step()
            settle()
            warmed = time.process_time() - began
            cost = block(gan.step, steps)
            if probe.error is not None:
                raise RuntimeError(f"the probe is off, so that nothing was measured: {probe.error}")
    found.watched.append(cost)
    found.once.append(warmed - warm_up * cost.cpu)
