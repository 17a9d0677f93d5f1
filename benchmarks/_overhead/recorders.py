"""The ways of recording five scalars of a step that are compared: ours and the peers that are installed."""

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

import collapse_probe as cp

NAMES = ("loss_d", "loss_g", "accuracy", "penalty", "lr")


@dataclass(frozen=True)
class Recorder:
    """One way: `train` is a tiny step of training that is not timed, `record` what is."""

    name: str
    record: Callable[[int], object]
    train: Callable[[], object]
    close: Callable[[], object]
    run: Path | None = None
    """Our own run folder, in which the steps can be counted afterwards."""


def scalars(*, as_floats: bool) -> dict[str, Any]:
    """Five scalar tensors as a loop has them, two losses with their graph behind them; or their values."""
    weight = torch.tensor(0.5, requires_grad=True)
    tensors = {name: weight * 1.25 if name.startswith("loss") else torch.tensor(0.75) for name in NAMES}
    return {name: tensor.item() for name, tensor in tensors.items()} if as_floats else dict(tensors)


def installed(peer: str) -> bool:
    """Whether a peer can be imported, without importing it."""
    return importlib.util.find_spec(peer) is not None


def recorders(folder: Path) -> list[Recorder]:
    """All of them, ready to record; what is not installed is left out."""
    made = [make(folder, as_floats=as_floats) for make in (_probe_log, _probe_step) for as_floats in (False, True)]
    if installed("tensorboard"):
        made += [_tensorboard(folder, as_floats=False), _tensorboard(folder, as_floats=True)]
    if installed("wandb"):
        made.append(_wandb(folder))
    if installed("trackio"):
        made.append(_trackio(folder))
    return made


def _given(as_floats: bool) -> str:
    return "floats" if as_floats else "tensors"


def _training() -> tuple[nn.Module, Callable[[], object]]:
    """A generator of eight numbers and its forward and backward pass; the caches are as they are between two logs."""
    generator = nn.Linear(8, 8)
    latents = torch.randn(4, 8)

    def step() -> None:
        generator.zero_grad()
        generator(latents).square().mean().backward()

    return generator, step


def _probe_log(folder: Path, *, as_floats: bool) -> Recorder:
    generator, backward = _training()
    optimizer = torch.optim.SGD(generator.parameters(), lr=1e-6)
    run = folder / f"log-{_given(as_floats)}"
    probe = cp.attach(generator, run=run, every=10**9)
    values = scalars(as_floats=as_floats)

    def train() -> None:
        backward()
        optimizer.step()

    name = f"`probe.log`, {_given(as_floats)}"
    return Recorder(name, lambda step: probe.log(**values), train, probe.close, run)


def _probe_step(folder: Path, *, as_floats: bool) -> Recorder:
    run = folder / f"step-{_given(as_floats)}"
    probe = cp.Probe(run=run)
    values = scalars(as_floats=as_floats)
    name = f"`Probe.step`, {_given(as_floats)}"
    return Recorder(name, lambda step: probe.step(**values), _training()[1], probe.close, run)


def _tensorboard(folder: Path, *, as_floats: bool) -> Recorder:
    from torch.utils.tensorboard import SummaryWriter

    name = f"TensorBoard, {_given(as_floats)}"
    writer = SummaryWriter(str(folder / name))
    values = scalars(as_floats=as_floats)

    def record(step: int) -> None:
        for key, value in values.items():
            writer.add_scalar(key, value, step)

    return Recorder(name, record, _training()[1], writer.close)


def _wandb(folder: Path) -> Recorder:
    os.environ.setdefault("WANDB_SILENT", "true")
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    import wandb

    run = wandb.init(mode="offline", dir=str(folder), project="overhead", settings=wandb.Settings(console="off"))
    values = scalars(as_floats=False)
    return Recorder("wandb offline, tensors", lambda step: run.log(values, step=step), _training()[1], run.finish)


def _trackio(folder: Path) -> Recorder:
    os.environ.setdefault("TRACKIO_DIR", str(folder / "trackio"))
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import trackio

    trackio.init(project="overhead", embed=False, auto_log_gpu=False, auto_log_cpu=False)
    # It keeps no tensor, so that it is given floats.
    values = scalars(as_floats=True)
    return Recorder("trackio, floats", lambda step: trackio.log(values, step=step), _training()[1], trackio.finish)
