"""A GAN of two networks that keep a trace of every call, and a short training of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

import collapse_probe as cp

REAL = torch.randn(128, 2, generator=torch.Generator().manual_seed(7))
STEPS, BATCH = 9, 32


class Awkward(nn.Module):
    """Everything that a call may leave behind: running statistics, power iterations, counters, noise, caches."""

    def __init__(self, inputs: int = 6, outputs: int = 2) -> None:
        super().__init__()
        first = nn.utils.spectral_norm(nn.Linear(inputs, 16))
        second = parametrizations.spectral_norm(nn.Linear(16, 16))
        self.body = nn.Sequential(first, nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), second, nn.BatchNorm1d(16))
        self.frozen = nn.BatchNorm1d(16).eval()
        self.out = nn.Linear(16, outputs)
        self.average = nn.Parameter(torch.zeros(16), requires_grad=False)
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self.count = 0
        self.cache: Tensor | None = None

    def forward(self, z: Tensor, *, scale: float = 1.0) -> Tensor:
        self.calls += 1
        self.count += 1
        hidden = self.frozen(self.body(z))
        self.cache = hidden
        self.average.data = 0.9 * self.average.data + 0.1 * hidden.detach().mean(0)
        made: Tensor = scale * self.out(hidden + 0.01 * torch.randn(hidden.shape) * float(np.random.rand()))
        return made


def train(run: Path | None, after: Callable[[nn.Module, int], None] | None = None, **options: Any) -> dict[str, Any]:
    """Weights, buffers, flags, attributes and random states at the end of a short training."""
    torch.manual_seed(0)
    np.random.seed(0)
    generator, discriminator = networks = Awkward(), Awkward(2, 1)
    optimizers = [torch.optim.Adam(network.parameters(), 1e-2) for network in networks]
    source = {"real": REAL, "every": 2, "sample_size": 32}
    probe = cp.attach(generator, discriminator, run=run, **(source | options)) if run is not None else None
    for step in range(STEPS):
        made = generator(torch.randn(BATCH, 6))
        for optimizer, wanted, batch in ((optimizers[1], 0.0, made.detach()), (optimizers[0], 1.0, made)):
            optimizer.zero_grad()
            loss = (discriminator(batch) - wanted).square().mean()
            loss = loss + (discriminator(REAL[:BATCH]) - 1).square().mean() if wanted == 0 else loss
            loss.backward()
            optimizer.step()
        if after is not None:
            after(generator, step)
    if probe is not None:
        probe.close()
        assert probe.error is None
    states = [state for optimizer in optimizers for state in optimizer.state_dict()["state"].values()]
    tensors = [*generator.state_dict().values(), *discriminator.state_dict().values(), torch.get_rng_state()]
    return {
        "tensors": tensors + [value for state in states for value in state.values()],
        "versions": [buffer._version for network in networks for buffer in network.buffers()],
        "flags": [module.training for network in networks for module in network.modules()],
        "count": [network.count for network in networks],
        "numpy": np.random.get_state()[1].tolist(),
        "caches": [network.cache for network in networks],
    }


def assert_same_training(one: dict[str, Any], other: dict[str, Any]) -> None:
    """To the last bit."""
    for name in ("tensors", "caches"):
        assert all(torch.equal(a, b) for a, b in zip(one[name], other[name], strict=True)), name
    for name in ("versions", "flags", "count", "numpy"):
        assert one[name] == other[name], name
