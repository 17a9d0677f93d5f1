"""Data whose classes are known, so that the truth needs none of our statistics."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Generator, Tensor
from torch.nn import functional

import collapse_probe as cp

PICTURES = 4000


@dataclass(frozen=True)
class Data:
    """Training samples with their classes, and as many again that no discriminator ever sees."""

    name: str
    samples: Tensor
    labels: Tensor
    held_out: Tensor
    held_out_labels: Tensor
    classes: int
    centers: Tensor | None = None
    """Of a mixture: the truth is the nearest one."""
    radius: float = 0.0
    """Of a mixture: within it of a centre, a sample is certain."""
    members: list[Tensor] = field(default_factory=list)
    """Rows of each class."""

    def batch(self, size: int, classes: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Samples and labels of the first `classes` classes, drawn with replacement."""
        if classes >= self.classes:
            rows = torch.randint(len(self.samples), (size,), generator=generator)
        else:
            kept = torch.cat(self.members[:classes])
            rows = kept[torch.randint(len(kept), (size,), generator=generator)]
        return self.samples[rows], self.labels[rows]


def data(name: str, mnist: Path | None = None) -> Data:
    """The data set of this name; `mnist` is the path of the digits that we do not ship."""
    if name == "mnist":
        if mnist is None:
            raise FileNotFoundError("MNIST is read from a file: give --mnist PATH (npz with images and labels)")
        with np.load(mnist) as file:
            return _pictures(name, torch.from_numpy(file["images"]).float()[:, None] / 127.5 - 1, file["labels"])
    return _made(name)


@cache
def _made(name: str) -> Data:
    return MADE[name]()


def _mixture(name: str, mixture: "cp.toy.Mixture", certain: float = 4.0) -> Data:
    """`certain`: standard deviations; a sample that far from its centre is of no mode."""
    generator = Generator().manual_seed(0)
    points = mixture.sample(20_000, generator=generator)
    labels = torch.cdist(points, mixture.centers).argmin(1)
    half = len(points) // 2
    dimensions = points.shape[1]
    radius = mixture.sigma * (dimensions**0.5 + certain)
    return _split(name, points, labels, half, mixture.centers, radius)


def _pictures(name: str, images: Tensor, labels: np.ndarray | Tensor, train: float = 0.8) -> Data:
    order = torch.randperm(len(images), generator=Generator().manual_seed(0))
    images, classes = images[order], torch.as_tensor(labels)[order].long()
    return _split(name, images, classes, round(train * len(images)))


def _split(name: str, x: Tensor, y: Tensor, train: int, centers: Tensor | None = None, radius: float = 0.0) -> Data:
    classes = int(y.max()) + 1
    members = [torch.nonzero(y[:train] == label).flatten() for label in range(classes)]
    return Data(name, x[:train], y[:train], x[train:], y[train:], classes, centers, radius, members)


def _unequal() -> Data:
    ring = cp.toy.ring(8)
    weights = torch.tensor([8.0, 6.0, 5.0, 4.0, 3.0, 2.0, 2.0, 2.0])
    return _mixture("unequal", cp.toy.Mixture(ring.centers, 0.05, weights=weights))


def _many_dimensions(modes: int = 12, dimensions: int = 32) -> Data:
    centers = torch.randn(modes, dimensions, generator=Generator().manual_seed(1))
    centers = centers / centers.norm(dim=1, keepdim=True)
    return _mixture("many-dimensions", cp.toy.Mixture(centers, 0.04))


def _digits() -> Data:
    """The 1,797 digits of scikit-learn, as 16×16 pictures in [-1, 1]."""
    images = torch.from_numpy(load_digits().images).float().unsqueeze(1) / 8 - 1
    return _pictures("digits", functional.interpolate(images, size=(16, 16), mode="bilinear"), load_digits().target)


Shape = Callable[[Tensor, Tensor], Tensor]


def _shapes_drawn() -> list[Shape]:
    """Ten figures as functions of coordinates in units of their size; positive inside."""

    def ring(x: Tensor, y: Tensor) -> Tensor:
        return 0.25 - ((x**2 + y**2).sqrt() - 0.75).abs()

    def frame(x: Tensor, y: Tensor) -> Tensor:
        return 0.22 - (torch.maximum(x.abs(), y.abs()) - 0.75).abs()

    def plus(x: Tensor, y: Tensor) -> Tensor:
        upright = torch.minimum(0.25 - x.abs(), 1 - y.abs())
        return torch.maximum(upright, torch.minimum(0.25 - y.abs(), 1 - x.abs()))

    def cross(x: Tensor, y: Tensor) -> Tensor:
        lines = 0.2 - torch.minimum((x - y).abs(), (x + y).abs()) * 0.7
        return torch.minimum(lines, 0.95 - torch.maximum(x.abs(), y.abs()))

    def bars(x: Tensor, y: Tensor) -> Tensor:
        return torch.minimum(0.2 - (x.abs() - 0.6).abs(), 0.95 - y.abs())

    return [
        lambda x, y: 1 - (x**2 + y**2).sqrt(),
        ring,
        lambda x, y: 0.85 - torch.maximum(x.abs(), y.abs()),
        frame,
        plus,
        cross,
        lambda x, y: torch.minimum(0.8 - y, (y + 1) / 1.8 - x.abs()),
        lambda x, y: torch.minimum(0.27 - x.abs(), 1 - y.abs()),
        lambda x, y: torch.minimum(0.27 - y.abs(), 1 - x.abs()),
        bars,
    ]  # fmt: skip


COLOURS = torch.tensor([[1.0, 0.2, 0.2], [0.2, 0.9, 0.2], [0.25, 0.35, 1.0], [1.0, 0.9, 0.2]])
_COLOURED = (0, 3, 4, 6, 8)
"""Of the ten figures, those that are drawn in each of the four colours: 20 classes."""


def drawn(count: int, size: int, generator: Generator, *, figures: int = 1) -> tuple[Tensor, Tensor]:
    """`count` grey pictures in [-1, 1] of one figure, or of `figures` side by side, and which these are."""
    shapes = _shapes_drawn()
    kinds = torch.randint(len(shapes), (count, figures), generator=generator)
    light = _light(kinds, size, generator)
    labels = kinds[:, 0] if figures == 1 else kinds[:, 0] * len(shapes) + kinds[:, 1]
    return (light * _uniform(0.7, 1.0, count, generator)).unsqueeze(1) * 2 - 1, labels


def coloured(count: int, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """`count` pictures of a figure in one of four colours, on a dark ground of any colour; each pair is a class."""
    kinds = torch.randint(len(_COLOURED), (count, 1), generator=generator)
    colours = torch.randint(len(COLOURS), (count,), generator=generator)
    light = _light(torch.tensor(_COLOURED)[kinds], size, generator).unsqueeze(1)
    front = COLOURS[colours] + 0.2 * torch.rand(count, 3, generator=generator) - 0.1
    back = 0.2 * torch.rand(count, 3, 1, 1, generator=generator)
    pictures = back + light * (front.clamp(0, 1)[:, :, None, None] - back)
    return pictures * 2 - 1, kinds[:, 0] * len(COLOURS) + colours


def _uniform(low: float, high: float, count: int, generator: Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, 1, 1, generator=generator)


def _light(kinds: Tensor, size: int, generator: Generator) -> Tensor:
    """How bright the figures are at each place, from 0 to 1; their size and place differ a little."""
    count, figures = kinds.shape
    axis = torch.linspace(-1, 1, size)
    y, x = axis[None, :, None], axis[None, None, :] * figures
    light = torch.zeros(count, size, size)
    for place in range(figures):
        centre = 2 * place - (figures - 1)
        scale = _uniform(0.5, 0.75, count, generator)
        u = (x - centre - _uniform(-0.2, 0.2, count, generator)) / scale
        v = (y - _uniform(-0.2, 0.2, count, generator)) / scale
        for kind, shape in enumerate(_shapes_drawn()):
            mine = kinds[:, place] == kind
            soft = torch.sigmoid(shape(u[mine], v[mine]) * scale[mine] * size)
            light[mine] = torch.maximum(light[mine], soft)
    return light


def _shapes(name: str, size: int, *, figures: int = 1, count: int = PICTURES) -> Data:
    # Pictures that nobody trains on are as many for tiny data, too: the truth is about what the data are drawn from.
    images, labels = drawn(count + PICTURES, size, Generator().manual_seed(0), figures=figures)
    return _split(name, images, labels, count)


def _colour(name: str, size: int) -> Data:
    return _split(name, *coloured(2 * PICTURES, size, Generator().manual_seed(0)), PICTURES)


MADE: dict[str, Callable[[], Data]] = {
    "ring": lambda: _mixture("ring", cp.toy.ring(8, sigma=0.02)),
    "grid": lambda: _mixture("grid", cp.toy.grid(5)),
    "unequal": _unequal,
    "many-dimensions": _many_dimensions,
    "digits": _digits,
    "shapes": lambda: _shapes("shapes", 28),
    "pairs": lambda: _shapes("pairs", 28, figures=2, count=8000),
    "colour": lambda: _colour("colour", 32),
    "colour-64": lambda: _colour("colour-64", 64),
    "tiny": lambda: _shapes("tiny", 28, count=176),
}
