"""What a run is like at a step, by known centres or by a classifier of its own; nothing of the probe's is used."""

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from .data import Data

SURE = 0.9
_STEPS, _BATCH = 600, 128


class Labeller(Protocol):
    """From samples (n, ...) to their classes (n,), and for each whether it certainly is one of that class."""

    def __call__(self, samples: Tensor) -> tuple[Tensor, Tensor]: ...


@dataclass(frozen=True)
class Nearest:
    """By the nearest centre of a mixture."""

    centers: Tensor
    radius: float

    def __call__(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Classes, and whether they lie within the radius."""
        distance, nearest = torch.cdist(samples, self.centers).min(1)
        return nearest, distance <= self.radius


@dataclass(frozen=True)
class Classifier:
    """By a network trained on distorted pictures, so that pale, blurred and noisy ones have their class too."""

    network: nn.Module
    accuracy: float
    """On pictures that it did not train on."""

    def __call__(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """The likeliest classes, and whether their probability is at least 0.9."""
        with torch.no_grad():
            probability, label = self.network(samples).softmax(1).max(1)
        return label, probability >= SURE


def labeller(data: Data) -> Nearest | Classifier:
    """Centres where they are known, or a classifier, trained here with random numbers of its own."""
    if data.centers is not None:
        return Nearest(data.centers, data.radius)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(12345)
        network = _network(data)
        # A tiny data set is drawn from a wide one: the classifier may see what the GAN may not.
        few = len(data.samples) < 1000
        half = len(data.held_out) // 2 if few else 0
        x = torch.cat([data.samples, data.held_out[:half]])
        y = torch.cat([data.labels, data.held_out_labels[:half]])
        optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=_STEPS)
        for _ in range(_STEPS):
            rows = torch.randint(len(x), (_BATCH,))
            loss = functional.cross_entropy(network(_distorted(x[rows])), y[rows], label_smoothing=0.02)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        network.eval().requires_grad_(False)
        with torch.no_grad():
            right = network(data.held_out[half:]).argmax(1) == data.held_out_labels[half:]
    return Classifier(network, float(right.float().mean()))


def _network(data: Data) -> nn.Module:
    channels, side = data.samples.shape[1:3]
    layers: list[nn.Module] = [] if side < 64 else [nn.AvgPool2d(2)]
    small = min(side, 32) // 4
    return nn.Sequential(
        *layers, nn.Conv2d(channels, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, 1, 1), nn.BatchNorm2d(32), nn.ReLU(), nn.Conv2d(32, 32, 3, 2, 1), nn.BatchNorm2d(32),
        nn.ReLU(), nn.Flatten(), nn.Linear(32 * small**2, 128), nn.ReLU(), nn.Linear(128, data.classes),
    )  # fmt: skip


def _distorted(pictures: Tensor) -> Tensor:
    n = len(pictures)
    contrast = 0.5 + 0.6 * torch.rand(n, 1, 1, 1)
    brightness = 0.2 * torch.randn(n, 1, 1, 1)
    blurred = functional.avg_pool2d(functional.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, 1)
    mix = torch.rand(n, 1, 1, 1)
    noise = 0.3 * torch.rand(n, 1, 1, 1) * torch.randn_like(pictures)
    shift = [int(by) for by in torch.randint(-1, 2, (2,))]
    return torch.roll((mix * blurred + (1 - mix) * pictures) * contrast + brightness + noise, shift, (2, 3))


def effective_modes(labels: Tensor, classes: int) -> float:
    """exp(entropy) of how often each class occurs; 0 of no labels.

    >>> effective_modes(torch.tensor([0, 0, 1, 1]), 10)
    2.0
    """
    if not len(labels):
        return 0.0
    shares = torch.bincount(labels, minlength=classes).double() / len(labels)
    return math.exp(-float(torch.special.xlogy(shares, shares).sum()))


def real_modes(data: Data, label: Labeller, size: int) -> float:
    """What real data score in as many samples."""
    generator = Generator().manual_seed(0)
    draws = [data.held_out[torch.randperm(len(data.held_out), generator=generator)[:size]] for _ in range(8)]
    return sum(effective_modes(label(draw)[0], data.classes) for draw in draws) / len(draws)


def measure(
    samples: Tensor, scores_fake: Tensor, scores_real: Tensor, label: Labeller, classes: int
) -> dict[str, float]:
    """One row of the truth."""
    finite = samples.flatten(1).isfinite().all(1)
    share = float(finite.float().mean())
    if not bool(finite.any()):
        return {
            "effective_modes": 0.0,
            "favourite": math.nan,
            "quality": 0.0,
            "held_out_edge": math.nan,
            "finite": share,
        }
    labels, sure = label(samples[finite])
    wins = (scores_real[:, None] > scores_fake[None]).float() + 0.5 * (
        scores_real[:, None] == scores_fake[None]
    ).float()
    edge = 2 * float(wins.mean()) - 1 if bool(scores_fake.isfinite().all() & scores_real.isfinite().all()) else math.nan
    quality = float(sure.float().mean())
    return {
        "effective_modes": effective_modes(labels, classes),
        "favourite": float(torch.bincount(labels, minlength=classes).argmax()),
        "quality": quality,
        "held_out_edge": edge,
        "finite": share,
    }
