"""What `attach` adds to the training of a DCGAN, and whether a GPU ever has to wait for it."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from _claims import Claim, interval, ratio

import collapse_probe as cp

from .clocks import Cost, Threads, block, settle
from .networks import Gan

CPU_SHARE = 1.0
SLOWDOWN = 3.0
SLOWDOWN_GPU = 1.0
FEWEST_ROUNDS = 5


@dataclass
class Slowdown:
    """Cost of a step in each round, watched and paused, and what the probe's own clocks say."""

    described: str
    every: int
    watched: list[Cost] = field(default_factory=list)
    paused: list[Cost] = field(default_factory=list)
    thread_seconds: list[float] = field(default_factory=list)
    """CPU time of the probe's threads, a step, in each round."""
    hook_seconds: float = 0.0
    """Time inside the training loop, a step, as `run.json` says."""


def measure(gan: Gan, *, rounds: int, least: int, seconds: float = 240.0) -> Slowdown:
    """The probe attached once, with the interval of captures that its defaults arrive at, and paused by turns.

    Pauses would count as training time for the schedule of captures; so the interval is found first, in a run without
    them, and then fixed. A block is one interval, or as many as make `least` steps, so that all hold equally many
    captures. No round begins after `seconds`, once there are `FEWEST_ROUNDS`.
    """
    every = default_interval(gan)
    length = every * -(-least // every)
    print(f"  {gan.described}: captures every {every} steps, blocks of {length}", flush=True)
    found = Slowdown(gan.described, every)
    with tempfile.TemporaryDirectory() as folder:
        run, threads = Path(folder) / "run", Threads()
        with cp.attach(gan.generator, gan.discriminator, run=run, real=gan.real, every=every) as probe:
            # The pool fills, the reference is fitted at the first capture; half an interval on, a block begins.
            while not len(cp.load(run).statistics):
                block(gan.step, max(1, every // 2))
            began = time.monotonic()
            while len(found.paused) < rounds:
                if len(found.paused) >= FEWEST_ROUNDS and time.monotonic() - began > seconds:
                    break
                watched_first = len(found.paused) % 2 == 0
                if watched_first:
                    _watched(gan, found, length, threads)
                with probe.pause():
                    found.paused.append(block(gan.step, length))
                if not watched_first:
                    _watched(gan, found, length, threads)
                wall = found.watched[-1].wall / found.paused[-1].wall
                print(f"  round {len(found.paused)} of at most {rounds}: wall {wall:.4f}", flush=True)
            if probe.error is not None:
                raise RuntimeError(f"the probe is off, so that nothing was measured: {probe.error}")
        info = cp.load(run).info
        cost = info["cost"]
        of_captures = cost["seconds_per_capture_in_the_loop"] * cost["captures"] / info["loop"]["steps"]
        found.hook_seconds = cost["seconds_per_step_in_the_loop"] + of_captures
    return found


def _watched(gan: Gan, found: Slowdown, length: int, threads: Threads) -> None:
    before = threads.seconds()
    found.watched.append(block(gan.step, length))
    after = threads.seconds()
    if before is not None and after is not None:
        found.thread_seconds.append((after - before) / length)


def claims(found: Slowdown, *, gpu: bool = False) -> list[Claim]:
    """The probe's CPU time as a share of training's, and the slowdown."""
    cpu = ratio([c.cpu for c in found.watched], [c.cpu for c in found.paused]).shifted(-1, 100)
    wall = ratio([c.wall for c in found.watched], [c.wall for c in found.paused]).shifted(-1, 100)
    slowdown = SLOWDOWN_GPU if gpu else SLOWDOWN
    made = [Claim("wall time, watched against paused: slowdown", wall, "%", slowdown, "upper end")]
    if gpu:
        return made
    if found.thread_seconds:
        training = sum(c.cpu for c in found.paused) / len(found.paused)
        thread = interval([100 * seconds / training for seconds in found.thread_seconds])
        hooks = 100 * found.hook_seconds / training
        made += [
            Claim("CPU time of the probe, by its own clocks, of training's", thread.shifted(hooks), "%", CPU_SHARE),
            Claim("of that, its thread: captures, statistics, writing", thread, "%"),
            Claim("of that, its hooks in the training loop (wall time)", hooks, "%"),
        ]
    return [*made, Claim("CPU time over all threads, watched against paused: added", cpu, "%")]


def synchronisations(gan: Gan, *, steps: int) -> Claim:
    """Steps during which a synchronisation by anybody would have raised an error."""
    what = f"synchronisations in {steps} watched steps"
    with (
        tempfile.TemporaryDirectory() as folder,
        cp.attach(gan.generator, gan.discriminator, run=Path(folder) / "run", real=gan.real) as probe,
    ):
        try:
            with _synchronising_is_an_error():
                for _ in range(steps):
                    gan.step()
        except RuntimeError as error:
            return Claim(what, 1.0, at_most=0.0, note=f"the first: {error}")
        return Claim(what, float(probe.error is not None), at_most=0.0, note=probe.error or "")


@contextmanager
def _synchronising_is_an_error() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def default_interval(gan: Gan, captures: int = 4, most: int = 2000) -> int:
    """The steps between the last two of the first few captures of a run with the default schedule."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        with cp.attach(gan.generator, gan.discriminator, run=run, real=gan.real):
            look_at = time.monotonic()
            for _ in range(most):
                gan.step()
                looked = time.monotonic()
                if looked >= look_at:
                    if len(cp.load(run).batches) >= captures:
                        break
                    # To the schedule, looking is training time: a twentieth of it bends the interval little.
                    look_at = time.monotonic() + 20 * (time.monotonic() - looked)
            settle()
        taken = [int(step) for step in cp.load(run).batches]
    if len(taken) < captures:
        raise RuntimeError(f"captures at steps {taken} of {most}: too few to see at which interval they settle")
    return taken[captures - 1] - taken[captures - 2]
