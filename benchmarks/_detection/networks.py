"""Generators and discriminators, fully connected and convolutional, narrow enough for a CPU."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


@dataclass(frozen=True)
class Shape:
    """What the networks are built for."""

    sample: tuple[int, ...]
    latent: int
    width: int
    classes: int = 0
    """Of a conditional GAN."""
    spectral: bool = False
    norm_d: bool = False
    """Batch norm in the discriminator."""
    dropout: float = 0.0
    width_d: int = 0
    """Of a plain discriminator; 0 is as wide as the generator."""


class Conditional(nn.Module):
    """A network whose input is joined by a one-hot label: of vectors as further numbers, of pictures as channels."""

    def __init__(self, inner: nn.Module, classes: int) -> None:
        super().__init__()
        self.inner, self.classes = inner, classes

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Join and pass on."""
        code = nn.functional.one_hot(labels, self.classes).float()
        if x.ndim == 4:
            code = code[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return self.inner(torch.cat([x, code], 1))  # type: ignore[no-any-return]  # a module returns Any


def networks(kind: str, shape: Shape) -> tuple[nn.Module, nn.Module]:
    """Generator and discriminator: `plain` for points, `dense` or `convolutional` for pictures."""
    generator, discriminator = {"plain": _plain, "dense": _dense, "convolutional": _convolutional}[kind](shape)
    if shape.spectral:
        for module in discriminator.modules():
            if isinstance(module, nn.Linear | nn.Conv2d):
                spectral_norm(module)
    if shape.classes:
        return Conditional(generator, shape.classes), Conditional(discriminator, shape.classes)
    return generator, discriminator


def _plain(shape: Shape) -> tuple[nn.Module, nn.Module]:
    d, w = shape.sample[0], shape.width
    generator = nn.Sequential(nn.Linear(shape.latent, w), nn.ReLU(), nn.Linear(w, w), nn.ReLU(), nn.Linear(w, d))
    w = shape.width_d or w
    discriminator = nn.Sequential(
        nn.Linear(d, w), nn.ReLU(), nn.Linear(w, w), nn.ReLU(), nn.Linear(w, w), nn.ReLU(), nn.Linear(w, 1)
    )
    return generator, discriminator


def _dense(shape: Shape) -> tuple[nn.Module, nn.Module]:
    pixels, w = math.prod(shape.sample), shape.width
    generator = nn.Sequential(
        nn.Linear(shape.latent + shape.classes, w), nn.BatchNorm1d(w), nn.ReLU(),
        nn.Linear(w, 2 * w), nn.BatchNorm1d(2 * w), nn.ReLU(),
        nn.Linear(2 * w, pixels), nn.Tanh(), nn.Unflatten(1, shape.sample),
    )  # fmt: skip
    inputs = pixels + shape.classes * math.prod(shape.sample[1:])
    discriminator = nn.Sequential(
        nn.Flatten(), nn.Linear(inputs, 2 * w), nn.LeakyReLU(0.2), nn.Dropout(shape.dropout),
        nn.Linear(2 * w, w), nn.LeakyReLU(0.2), nn.Dropout(shape.dropout), nn.Linear(w, 1),
    )  # fmt: skip
    return generator, discriminator


def _convolutional(shape: Shape) -> tuple[nn.Module, nn.Module]:
    """Two steps between a map of 1/4 or, of pictures of 64×64, 1/8 of their side and the picture."""
    channels, side, w = shape.sample[0], shape.sample[1], shape.width
    wide, narrow = 2 * w, w
    # The step next to the picture is twice as long for large ones, so that they cost hardly more.
    outer = 4 if side >= 64 else 2
    small = side // (2 * outer)
    generator = nn.Sequential(
        nn.Linear(shape.latent + shape.classes, wide * small**2), nn.Unflatten(1, (wide, small, small)),
        nn.BatchNorm2d(wide), nn.ReLU(), nn.ConvTranspose2d(wide, narrow, 4, 2, 1), nn.BatchNorm2d(narrow), nn.ReLU(),
        nn.ConvTranspose2d(narrow, channels, 2 * outer, outer, outer // 2), nn.Tanh(),
    )  # fmt: skip
    norm = [nn.BatchNorm2d(wide)] if shape.norm_d else []
    discriminator = nn.Sequential(
        nn.Conv2d(channels + shape.classes, narrow, outer + 2, outer, 1), nn.LeakyReLU(0.2), nn.Dropout(shape.dropout),
        nn.Conv2d(narrow, wide, 4, 2, 1), *norm, nn.LeakyReLU(0.2), nn.Dropout(shape.dropout),
        nn.Flatten(), nn.Linear(wide * small**2, 1),
    )  # fmt: skip
    return generator, discriminator
