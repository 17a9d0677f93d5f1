"""How fast a run is read: beside TensorBoard's reader on the same numbers, in small blocks, and while it is written."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _claims import Claim, interval, ratio, table

import collapse_probe as cp
from collapse_probe._store import RunWriter

COLUMNS = ("loss_d", "loss_g", "d_real", "d_fake", "edge", "grad_norm_d", "grad_norm_g", "lr")
READ_SECONDS = 0.3
TIMES_FASTER = 100.0
SHARE_OF_BYTES = 0.25
ROWS = (1000, 100, 10, 1)


def measure(*, steps: int, beside: int, small: int, rounds: int) -> tuple[str, str]:
    """The heading and what is to be said under it."""
    with tempfile.TemporaryDirectory() as folder:
        large = write(Path(folder) / "large", steps=steps, rows=1000)
        seconds = [_clock(lambda: read(large)) for _ in range(rounds)]
        claims = [
            Claim(f"`cp.load(run).steps`, {steps:,} steps × 8 columns", interval(seconds), "s", READ_SECONDS),
            Claim("the first time in this process", seconds[0], "s"),
            Claim("`cp.load(run)` alone", 1e3 * min(_clock(lambda: cp.load(large)) for _ in range(rounds)), "ms"),
            *_beside_tensorboard(Path(folder), steps=beside, rounds=min(rounds, 3)),
        ]
        blocks = _by_block(Path(folder), steps=small, rounds=rounds)
    text = (
        f"The columns are `{'`, `'.join(COLUMNS)}`: numbers that float32 holds, since TensorBoard keeps no others, in "
        "blocks of 1,000 rows. Each reading opens the run anew and makes the whole table; the system has the file in "
        f"memory. TensorBoard's `EventAccumulator` reads {beside:,} steps of the same numbers, all of them kept, and "
        "its scalars are taken as they come, without a table. What a run of few steps a second looks like on disk is a "
        f"block for each row or two, one a second: {small:,} steps are 28 hours of that."
    )
    return "Reading", f"{text}\n\n{table(claims)}\n\n{blocks}"


def write(run: Path, *, steps: int, rows: int) -> Path:
    """A run in blocks of so many rows."""
    writer, step = RunWriter(run, info={}), np.arange(steps)
    values = numbers(steps)
    for begin in range(0, steps, rows):
        part = slice(begin, begin + rows)
        columns = {name: values[part, index] for index, name in enumerate(COLUMNS)}
        writer.append_steps({"step": step[part], "time": 1.7e9 + step[part] / 30} | columns)
    writer.close(how="finished")
    return run


def numbers(steps: int) -> np.ndarray:
    """What is recorded, (steps, 8)."""
    return np.random.default_rng(0).random((steps, len(COLUMNS)), dtype=np.float32).astype(np.float64)


def read(run: Path) -> int:
    """The table, made anew; how many rows it has."""
    return len(cp.load(run).steps)


def _clock(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _beside_tensorboard(folder: Path, *, steps: int, rounds: int) -> list[Claim]:
    names = (
        f"`cp.load(run).steps` / TensorBoard's reader, {steps:,} steps × 8 columns",
        f"bytes / TensorBoard's, {steps:,} steps × 8 columns",
    )
    limits = (1 / TIMES_FASTER, SHARE_OF_BYTES)
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        note = "tensorboard is not installed"
        return [Claim(name, None, at_most=limit, note=note) for name, limit in zip(names, limits, strict=True)]
    ours, theirs = write(folder / "ours", steps=steps, rows=1000), folder / "theirs"
    with SummaryWriter(str(theirs)) as writer:
        for step, row in enumerate(numbers(steps).tolist()):
            for name, value in zip(COLUMNS, row, strict=True):
                writer.add_scalar(name, value, step)
    fast, slow = [], []
    for _ in range(rounds):
        fast.append(_clock(lambda: read(ours)))
        slow.append(_clock(lambda: _read_events(theirs)))
    sizes = [sum(path.stat().st_size for path in run.rglob("*") if path.is_file()) for run in (ours, theirs)]
    both = f"{np.median(fast):.4f} s and {np.median(slow):.1f} s"
    each = f"{sizes[0] / steps:.1f} and {sizes[1] / steps:.1f} a step"
    return [
        Claim(names[0], ratio(fast, slow), at_most=limits[0], note=both),
        Claim(names[1], sizes[0] / sizes[1], at_most=limits[1], note=each),
    ]


def _read_events(run: Path) -> int:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run), size_guidance={"scalars": 0})
    events.Reload()
    return sum(len(events.Scalars(name)) for name in COLUMNS)


def _by_block(folder: Path, *, steps: int, rounds: int) -> str:
    lines = ["| rows in a block | blocks | bytes a step | `cp.load(run).steps` |", "|---|---|---|---|"]
    for rows in ROWS:
        run = write(folder / str(rows), steps=steps, rows=rows)
        size = (run / "steps.0").stat().st_size / steps
        seconds = float(np.median([_clock(lambda run=run: read(run)) for _ in range(rounds)]))
        lines.append(f"| {rows:,} | {-(-steps // rows):,} | {size:.1f} | {seconds:.3f} s |")
    return "\n".join(lines)
