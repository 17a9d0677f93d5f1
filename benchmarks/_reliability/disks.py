"""What becomes of a training and of its record when the disk fails, for real.

PYTHONPATH=benchmarks python -m _reliability.disks          # four minutes, as root: it mounts an ext4 in a file
PYTHONPATH=benchmarks python -m _reliability.disks --quick  # a look
"""

import shutil
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from _claims import Claim, table
from _overhead.networks import ring

import collapse_probe as cp
from collapse_probe._store import _outbox

from .mounts import CannotMount, Disk, mounted

HEADING = "When the disk fails"
FULL_OUTAGE, QUICK_OUTAGE = 30.0, 0.5
_PACE, _EVERY = 0.01, 5
_BEFORE, _AFTER = 150, 300
"""Steps before the fault, and after the disk is back."""
_SLOWEST = 1.0
"""Seconds: a step that took longer would have waited for something; the faults last much longer."""


@dataclass(frozen=True)
class Fault:
    """What happens to the disk, and how it ends."""

    what: str
    begin: Callable[[Disk, Path], object]
    end: Callable[[Disk, Path], object] | None
    """None where the disk has not come back when the probe is closed."""


FAULTS = (
    Fault("full", lambda disk, run: disk.fill(), lambda disk, run: disk.free()),
    Fault("read-only", lambda disk, run: disk.read_only(), lambda disk, run: disk.writable()),
    Fault("moved away", lambda disk, run: run.rename(f"{run} away"), lambda disk, run: Path(f"{run} away").rename(run)),
    Fault("silent", lambda disk, run: disk.freeze(), lambda disk, run: disk.thaw()),
    Fault("silent to the end", lambda disk, run: disk.freeze(), None),
    Fault("deleted", lambda disk, run: shutil.rmtree(run), None),
)


@dataclass
class Training:
    """What was seen of one."""

    steps: int = 0
    during: int = 0
    """Steps while the disk failed."""
    slowest: float = 0.0
    close_seconds: float = 0.0
    warned: list[str] = field(default_factory=list)
    weights: list[torch.Tensor] = field(default_factory=list)
    probe: cp.Probe | None = None


def measure(quick: bool) -> tuple[str, str]:
    """Every fault; `quick` ones last half a second instead of 30."""
    outage = QUICK_OUTAGE if quick else FULL_OUTAGE
    patience = _outbox.LAST_PATIENCE_SECONDS
    _outbox.LAST_PATIENCE_SECONDS = min(patience, 2 * outage)
    try:
        with tempfile.TemporaryDirectory() as folder:
            usual = trained(Path(folder) / "usual", ())
            claims = []
            for fault in FAULTS:
                print(f"a disk that is {fault.what}", flush=True)
                with mounted(Path(folder) / fault.what, megabytes=64) as disk:
                    claims += of(fault, disk, outage)
    except CannotMount as reason:
        return HEADING, table([Claim("faults of a disk", None, at_most=0.0, note=f"not measured: {reason}")])
    finally:
        _outbox.LAST_PATIENCE_SECONDS = patience
    text = (
        f"{ring().described}, with `every={_EVERY}`, on an ext4 of its own that fails for {outage:g} s. The "
        f"slowest step of the same loop where nothing fails took {1e3 * usual.slowest:.0f} ms."
    )
    return HEADING, f"{text}\n\n{table(claims)}"


def of(fault: Fault, disk: Disk, outage: float) -> list[Claim]:
    """The claims about one fault."""
    run = disk.path / "run"
    seen = trained(run, (lambda: fault.begin(disk, run), lambda: fault.end and fault.end(disk, run)), outage)
    if fault.what == "silent to the end":
        disk.thaw()
        assert seen.probe is not None
        seen.probe._pipeline.outbox._thread.join()
    alone = weights_alone(seen.steps)
    differing = sum(not torch.equal(a, b) for a, b in zip(seen.weights, alone, strict=True))
    counted = f"{seen.steps:,} steps, {seen.during:,} of them while it failed"
    claims = [
        Claim("warnings", float(len(seen.warned)), at_most=1.0),
        Claim("tensors of weights that differ from a training without a probe", float(differing), at_most=0.0),
        Claim("slowest step", 1e3 * seen.slowest, "ms", 1e3 * _SLOWEST),
        Claim("`close()` took", seen.close_seconds, "s", _outbox.LAST_PATIENCE_SECONDS + 1.0),
    ]
    if run.exists():
        found = cp.load(run)
        due = len(range(0, seen.steps, _EVERY))
        after = int((found.steps.index >= seen.steps - _AFTER).sum())
        claims += [
            Claim("steps missing", float(seen.steps - len(found.steps)), at_most=0.0, note=counted),
            Claim("steps recorded after the disk was back", float(after)) if fault.end else None,
            Claim("captures not measured", float(due - len(found.statistics)), at_most=0.0),
            Claim("captures measured and not stored", float(due - len(found.batches))),
            Claim("blocks damaged", float(sum("byte" in problem for problem in found.problems)), at_most=0.0),
        ]
    else:
        claims += [Claim("folders made anew", float(run.exists()), at_most=0.0, note=counted)]
    return [
        Claim(f"{fault.what}: {claim.what}", claim.measured, claim.unit, claim.at_most, note=claim.note)
        for claim in claims
        if claim is not None
    ]


def trained(run: Path, fault: tuple[Callable[[], object], ...], outage: float = 0.0) -> Training:
    """The small network, watched and paced; a thread beside it has the disk fail and come back."""
    gan, seen = ring(), Training()
    over = threading.Event()
    failing = threading.Event()

    def fail() -> None:
        begin, end = fault
        begin()
        failing.set()
        time.sleep(outage)
        end()
        failing.clear()
        over.set()

    beside = threading.Thread(target=fail)
    left = _AFTER
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        probe = seen.probe = cp.attach(gan.generator, gan.discriminator, run=run, real=gan.real, every=_EVERY)
        while left:
            began = time.perf_counter()
            gan.step()
            probe.log(lr=2e-4)
            bool(probe.should_stop)
            seen.slowest = max(seen.slowest, time.perf_counter() - began)
            seen.steps += 1
            seen.during += failing.is_set()
            if seen.steps == _BEFORE and fault:
                beside.start()
            left -= over.is_set() or not fault
            time.sleep(_PACE)
        began = time.perf_counter()
        probe.close()
        seen.close_seconds = time.perf_counter() - began
    seen.warned = [str(warning.message) for warning in caught]
    seen.weights = _weights(gan.generator, gan.discriminator)
    return seen


def weights_alone(steps: int) -> list[torch.Tensor]:
    """What so many steps come to without a probe."""
    gan = ring()
    for _ in range(steps):
        gan.step()
    return _weights(gan.generator, gan.discriminator)


def _weights(*networks: torch.nn.Module) -> list[torch.Tensor]:
    return [value for network in networks for value in network.state_dict().values()] + [torch.get_rng_state()]


if __name__ == "__main__":
    heading, text = measure(quick="--quick" in sys.argv)
    print(f"## {heading}\n\n{text}")
