"""What one recorded step of five scalars costs its caller, beside what it costs with the peers."""

import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _claims import Claim, interval, ratio

import collapse_probe as cp

from .recorders import Recorder, installed, recorders

MICROSECONDS = 20.0
SHARE_OF_TENSORBOARD = 0.5
OURS = ("`probe.log`", "`Probe.step`")
MODULES = {"TensorBoard": "tensorboard", "wandb offline": "wandb", "trackio": "trackio"}
COMPARED = (
    ("tensors", "TensorBoard, tensors"),
    ("tensors", "TensorBoard, floats"),
    ("floats", "TensorBoard, floats"),
    ("tensors", "wandb offline, tensors"),
    ("floats", "trackio, floats"),
)
"""What we are given, and the peer that it is compared with."""


@dataclass(frozen=True)
class Pace:
    """How often a step is recorded: `rounds` blocks of `calls` for each recorder."""

    name: str
    seconds: float
    rounds: int
    calls: int


Seconds = dict[str, list[list[float]]]
"""For each recorder, for each round, what each call took."""


def measure(paces: list[Pace]) -> tuple[dict[str, Seconds], str]:
    """Seconds by pace, and a line that says whether all that was recorded could be read back."""
    order = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        compared = recorders(Path(folder))
        steps = {recorder.name: 0 for recorder in compared}
        found: dict[str, Seconds] = {}
        for pace in paces:
            seconds: Seconds = {recorder.name: [] for recorder in compared}
            for round_ in range(pace.rounds + 1):
                for recorder in order.sample(compared, len(compared)):
                    block = _block(recorder, pace, first=steps[recorder.name])
                    steps[recorder.name] += pace.calls
                    if round_:  # the first round warms up
                        seconds[recorder.name].append(block)
            found[pace.name] = seconds
        for recorder in compared:
            recorder.close()
        return found, _read_back(compared, steps)


def claims(found: dict[str, Seconds]) -> list[Claim]:
    """The medians of ours, and each as a share of the peers'."""
    made = []
    for pace, seconds in found.items():
        medians = {name: [float(np.median(block)) for block in blocks] for name, blocks in seconds.items()}
        for ours in OURS:
            microseconds = interval([1e6 * value for value in medians[f"{ours}, tensors"]])
            made.append(Claim(f"{ours}, tensors, {pace}: median", microseconds, "µs", MICROSECONDS))
            for given, peer in COMPARED:
                module = MODULES[peer.partition(",")[0]]
                target = SHARE_OF_TENSORBOARD if module == "tensorboard" else None
                measured = ratio(medians[f"{ours}, {given}"], medians[peer]) if peer in medians else None
                note = "" if installed(module) else f"{module} is not installed"
                made.append(Claim(f"{ours}, {given} / {peer}, {pace}", measured, "×", target, note=note))
    return made


def table(found: dict[str, Seconds]) -> str:
    """Median and 99th percentile of every recorder."""
    paces = list(found)
    lines = [
        "| five scalars a step, µs | " + " | ".join(f"{pace}: median | p99" for pace in paces) + " |",
        "|---" * (1 + 2 * len(paces)) + "|",
    ]
    ours = [f"{name}, {given}" for name in OURS for given in ("tensors", "floats")]
    for name in [*ours, *dict.fromkeys(peer for _, peer in COMPARED)]:
        if name not in found[paces[0]]:
            lines.append(f"| {name} | not installed |" + " – |" * (2 * len(paces) - 1))
            continue
        cells = []
        for pace in paces:
            calls = 1e6 * np.concatenate([np.asarray(block) for block in found[pace][name]])
            cells += [f"{np.median(calls):.1f}", f"{np.percentile(calls, 99):.0f}"]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _block(recorder: Recorder, pace: Pace, *, first: int) -> list[float]:
    seconds = []
    due = time.perf_counter()
    for step in range(first, first + pace.calls):
        recorder.train()
        due += pace.seconds
        if pace.seconds:
            time.sleep(max(0.0, due - time.perf_counter()))
        began = time.perf_counter()
        recorder.record(step)
        seconds.append(time.perf_counter() - began)
    return seconds


def _read_back(compared: list[Recorder], steps: dict[str, int]) -> str:
    """Raises where a step of ours is missing: a recorder that loses steps is easily fast."""
    for recorder in compared:
        if recorder.run is not None:
            rows = len(cp.load(recorder.run).steps.dropna(subset=["loss_d", "loss_g"]))
            if rows != steps[recorder.name]:
                raise RuntimeError(f"{recorder.name}: {steps[recorder.name]} steps were recorded and {rows} read back")
    return f"All {max(steps.values()):,} steps of each of ours were read back from disk afterwards."
