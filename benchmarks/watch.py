"""What does watching a live run cost?

    python benchmarks/watch.py          # two minutes; writes docs/watch-cost.md
    python benchmarks/watch.py --quick  # a look, half a minute

`collapse-probe watch` runs in a terminal of its own (100 x 30 cells, a look and a drawing a second) on a run that this
process writes meanwhile, as an attached probe would: blocks of steps a second, a row of statistics a second and an
event every 20 s. Its CPU time, user and system of all its threads, is read from the operating system once it has drawn
its first screen and again at the end; shown is the median over the rounds, as a share of the time between.

"Reloading" is what it would cost to load the whole run anew at each look, `cp.load` and its tables, measured here on
the same run at its end: CPU time of one load, a second.
"""

import fcntl
import os
import pty
import resource
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _claims import Claim, Interval, interval, table
from _page import run

import collapse_probe as cp
from collapse_probe._records import Event
from collapse_probe._store import RunWriter

MOST_SHARE = 3.0
STEPS_BEFORE = (1_000, 1_000_000)
STEPS_A_SECOND = 50
SCALARS = ("loss_d", "loss_g", "canonical_loss_d", "canonical_loss_g", "d_real", "d_fake", "edge", "grad_norm_d", "lr")


@dataclass
class Live:
    """A run that is being written."""

    writer: RunWriter
    step: int = 0

    def steps(self, count: int, *, seconds: float) -> None:
        """So many steps, of the seconds until now."""
        step = np.arange(self.step, self.step + count)
        values = np.random.default_rng(self.step).normal(1.0, 0.2, (len(SCALARS), count))
        times = time.time() - (step[::-1] - self.step) * seconds / count
        self.writer.append_steps({"step": step, "time": times, **dict(zip(SCALARS, values, strict=True))})
        self.step += count

    def statistics(self) -> None:
        """Of one capture."""
        columns = {f"statistic {number}": np.array([0.5]) for number in range(12)} | {"occupancy": np.array([7.0])}
        self.writer.append_statistics({"step": np.array([self.step - 1]), **columns})

    def event(self) -> None:
        """A warning."""
        said = "Something was seen, and told of in a sentence that is as long as such sentences are."
        self.writer.append_event(
            Event("revolution", "warning", self.step - 1, self.step - 9, said, {"edge": 0.9}, "Wait.")
        )


def measure(quick: bool) -> tuple[str, str]:
    """The heading and what is to be said under it."""
    rounds, seconds = (1, 6.0) if quick else (3, 12.0)
    claims = []
    for before in STEPS_BEFORE:
        found = [_round(before, seconds) for _ in range(rounds)]
        share = interval([100 * cpu / wall for cpu, wall, _ in found])
        what = f"CPU time of `watch`, of one core, {before:,} steps on file at the beginning"
        claims.append(Claim(what, share, "%", MOST_SHARE))
        reloading = interval([100 * load for _, _, load in found])
        claims.append(Claim(f"reloading {before:,} steps once a second would cost", reloading, "%"))
        claims.append(Claim(f"`watch` / reloading, {before:,} steps", _ratio(share, reloading), "×"))
    text = f"{rounds} rounds of {seconds:g} s each, {STEPS_A_SECOND} steps a second of {len(SCALARS)} scalars."
    return "A screen that is drawn once a second", f"{text}\n\n{table(claims)}"


def _ratio(ours: Interval, theirs: Interval) -> float:
    return ours.median / theirs.median


def _round(before: int, seconds: float) -> tuple[float, float, float]:
    """CPU seconds of the watching process, the seconds that passed, and the CPU seconds of one load of the run."""
    with tempfile.TemporaryDirectory() as folder:
        live = Live(RunWriter(Path(folder) / "run", info={"total_steps": 10 * before}))
        live.writer.write_reference({"real": np.zeros((4, 2), np.float32)}, {"bands": {"occupancy": [8.0, 0.5]}})
        while live.step < before:
            live.steps(min(100_000, before - live.step), seconds=1000.0)
        watching, terminal = _watch(live.writer.path)
        try:
            cpu, wall = _meanwhile(live, watching, terminal, seconds)
        finally:
            os.write(terminal, b"q")
            _draw(terminal, 60.0, until=watching)
            watching.wait(1)
            os.close(terminal)
        return cpu, wall, _load(live.writer.path)


def _watch(path: Path) -> tuple[subprocess.Popen[bytes], int]:
    terminal, other = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    command = [sys.executable, "-m", "collapse_probe", "watch", str(path)]
    environment = os.environ | {"TERM": "xterm-256color"}
    watching = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=environment)
    os.close(other)
    return watching, terminal


def _meanwhile(live: Live, watching: subprocess.Popen[bytes], terminal: int, seconds: float) -> tuple[float, float]:
    """Write a second's steps each second; CPU time and wall time from its first screen on."""
    while "q quits" not in _draw(terminal, 60.0):
        if watching.poll() is not None:
            raise RuntimeError("it ended before it drew anything")
    began, before = time.monotonic(), _cpu_seconds(watching.pid)
    for second in range(round(seconds)):
        live.steps(STEPS_A_SECOND, seconds=1.0)
        live.statistics()
        if second % 20 == 10:
            live.event()
        _draw(terminal, max(began + second + 1 - time.monotonic(), 0.0), until=watching)
    return _cpu_seconds(watching.pid) - before, time.monotonic() - began


def _draw(terminal: int, seconds: float, *, until: subprocess.Popen[bytes] | None = None) -> str:
    """What it draws in so many seconds; without `until`, what it draws next."""
    end, said = time.monotonic() + seconds, ""
    while (left := end - time.monotonic()) > 0 and (until is None or until.poll() is None):
        if select.select([terminal], [], [], min(left, 0.2))[0]:
            try:
                said += os.read(terminal, 1 << 16).decode("utf-8", "replace")
            except OSError:
                return said
            if until is None:
                return said
    return said


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process and its threads."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text("utf-8").split()[0]) for thread in threads) / 1e9


def _load(path: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF)
    found = cp.load(path)
    _ = found.steps, found.statistics, found.events, found.batches
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    run(__doc__, {"screen": measure}, Path(__file__).parent.parent / "docs" / "watch-cost.md")
