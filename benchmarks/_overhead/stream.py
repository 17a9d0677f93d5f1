"""Millions of steps by hand: what they take of memory, disk and time; and what `attach` holds on the device."""

import itertools
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from _claims import Claim
from torch import nn

import collapse_probe as cp

BYTES_A_STEP = 48.0
FLAT_MEGABYTES = 10.0
DEVICE_MEGABYTES = 64.0
_CYCLE = 1024


def resident_bytes() -> int | None:
    """Memory that the process has at this moment; None where the system does not say."""
    pages = Path("/proc/self/statm")
    return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if pages.is_file() else None


def measure(*, steps: int, first: int) -> list[Claim]:
    """A stream of `steps`, its memory compared with that after `first`, and shorter ones for other columns."""
    megabytes: list[float] = []

    def look(step: int) -> None:
        resident = resident_bytes()
        if step in (first, steps) and resident is not None:
            megabytes.append(resident / 1e6)
        print(f"  {step:,} steps, {0 if resident is None else resident / 1e6:.0f} MB", flush=True)

    bytes_a_step, seconds = stream(6, steps=steps, look=look)
    what = f"from {first:,} to {steps:,} steps: memory grew by"
    growth = megabytes[1] - megabytes[0] if len(megabytes) == 2 else None
    note = f"{megabytes[0]:.0f} to {megabytes[1]:.0f} MB" if growth is not None else "this system does not say"
    eight, _ = stream(8, steps=first)
    doubles, _ = stream(8, steps=first, single=False)
    return [
        Claim(what, growth, "MB", FLAT_MEGABYTES, note=note),
        Claim("on disk, 8 columns: step, time and 6 float32 scalars", bytes_a_step, "bytes a step", BYTES_A_STEP),
        Claim("on disk, 8 float32 scalars beside step and time", eight, "bytes a step"),
        Claim("on disk, 8 scalars that need float64 beside step and time", doubles, "bytes a step"),
        Claim("time of `Probe.step` and everything behind it", 1e6 * seconds, "µs a step"),
    ]


def stream(
    scalars: int, *, steps: int, look: Callable[[int], None] = lambda step: None, single: bool = True
) -> tuple[float, float]:
    """Bytes on disk and seconds a step; `single` scalars survive the way to float32, as those of a tensor do."""
    names = ["loss_d", "loss_g", *(f"scalar_{index}" for index in range(2, scalars))]
    random = torch.rand(_CYCLE, scalars, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rows = [dict(zip(names, row, strict=True)) for row in (random.float() if single else random).tolist()]
    with tempfile.TemporaryDirectory() as folder:
        probe = cp.Probe(run=Path(folder) / "run")
        began = time.perf_counter()
        for step, row in zip(range(1, steps + 1), itertools.cycle(rows), strict=False):
            probe.step(**row)
            if step % max(1, steps // 10) == 0:
                look(step)
        probe.close()
        seconds = (time.perf_counter() - began) / steps
        size = (Path(folder) / "run" / "steps.0").stat().st_size
    # Step and time take eight bytes each, whatever frames them: a file that is smaller cannot hold all rows.
    if size < steps * (16 + scalars * (4 if single else 8)):
        raise RuntimeError(
            f"{size:,} bytes cannot hold {steps:,} steps: rows are missing, so that nothing was measured"
        )
    return size / steps, seconds


def device_memory(side: int = 256, batch_size: int = 8, steps: int = 40) -> Claim:
    """What the default buffers take on the device where the generator makes pictures of this side."""
    generator = nn.Sequential(nn.Linear(4, 3 * side * side), nn.Unflatten(1, (3, side, side)))
    optimizer = torch.optim.SGD(generator.parameters(), lr=1e-6)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        with cp.attach(generator, run=run):
            for _ in range(steps):
                optimizer.zero_grad()
                generator(torch.randn(batch_size, 4)).square().mean().backward()
                optimizer.step()
        held = cp.load(run).info["cost"]["device_bytes"] / 1e6
    return Claim(f"memory on the device at {side}×{side}×3, all defaults", held, "MB", DEVICE_MEGABYTES)
