"""The ways of recording five scalars of a step that are compared: ours and the peers that are installed."""

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

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


def scalars() -> dict[str, Tensor]:
    """Five scalar tensors as a loop has them: two losses with their graph behind them, three without."""
    weight = torch.tensor(0.5, requires_grad=True)
    return {name: weight * 1.25 if name.startswith("loss") else torch.tensor(0.75) for name in NAMES}


def installed(peer: str) -> bool:
    """Whether a peer can be imported, without importing it."""
    return importlib.util.find_spec(peer) is not None


def recorders(folder: Path) -> list[Recorder]:
    """All of them, ready to record; what is not installed is left out."""
    made = [_probe_log(folder), _probe_step(folder)]
    if installed("tensorboard"):
        made += [_tensorboard(folder, as_floats=False), _tensorboard(folder, as_floats=True)]
    if installed("wandb"):
        made.append(_wandb(folder))
    if installed("trackio"):
        made.append(_trackio(folder))
    return made


def _training() -> tuple[nn.Module, Callable[[], object]]:
    """A generator of eight numbers and its forward and backward pass; the caches are as they are between two logs."""
    generator = nn.Linear(8, 8)
    latents = torch.randn(4, 8)

    def step() -> None:
        generator.zero_grad()
        generator(latents).square().mean().backward()

    return generator, step


def _probe_log(folder: Path) -> Recorder:
    generator, backward = _training()
    optimizer = torch.optim.SGD(generator.parameters(), lr=1e-6)
    probe = cp.attach(generator, run=folder / "attached", every=10**9)
    values = scalars()

    def train() -> None:
        backward()
        optimizer.step()

    return Recorder("`probe.log`, tensors", lambda step: probe.log(**values), train, probe.close, folder / "attached")


def _probe_step(folder: Path) -> Recorder:
    probe = cp.Probe(run=folder / "by-hand")
    values: dict[str, Any] = scalars()
    return Recorder(
        "`Probe.step`, tensors", lambda step: probe.step(**values), _training()[1], probe.close, folder / "by-hand"
    )


def _tensorboard(folder: Path, *, as_floats: bool) -> Recorder:
    from torch.utils.tensorboard import SummaryWriter

    name = "TensorBoard, floats" if as_floats else "TensorBoard, tensors"
    writer = SummaryWriter(str(folder / name))
    values = {key: float(value.detach()) if as_floats else value for key, value in scalars().items()}

    def record(step: int) -> None:
        for key, value in values.items():
            writer.add_scalar(key, value, step)

    return Recorder(name, record, _training()[1], writer.close)


def _wandb(folder: Path) -> Recorder:
    os.environ.setdefault("WANDB_SILENT", "true")
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    import wandb

    run = wandb.init(mode="offline", dir=str(folder), project="overhead", settings=wandb.Settings(console="off"))
    values = scalars()
    return Recorder("wandb offline, tensors", lambda step: run.log(values, step=step), _training()[1], run.finish)


def _trackio(folder: Path) -> Recorder:
    os.environ.setdefault("TRACKIO_DIR", str(folder / "trackio"))
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import trackio

    trackio.init(project="overhead", embed=False, auto_log_gpu=False, auto_log_cpu=False)
    # It keeps no tensor, so that it is given floats.
    values = {key: float(value.detach()) for key, value in scalars().items()}
    return Recorder("trackio, floats", lambda step: trackio.log(values, step=step), _training()[1], trackio.finish)
