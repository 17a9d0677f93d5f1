"""Pictures with known classes, spoilt in ways that leave their variety alone and in ways that do not."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

Pictures = tuple[Float[Tensor, "m c h w"], Int[Tensor, " m"]]
CLASSES = 10


def digits() -> Pictures:
    """scikit-learn's 1,797 handwritten digits, drawn up to 28 x 28."""
    from sklearn.datasets import load_digits

    loaded = load_digits()
    small = torch.from_numpy(loaded.images).float()[:, None] / 16
    return interpolate(small, size=28, mode="bilinear"), torch.from_numpy(loaded.target).long()


def stored(path: Path) -> Pictures:
    """Grey pictures of an .npz with `images` (m, h, w), bytes, and `labels` (m,)."""
    with np.load(path) as archive:
        return torch.from_numpy(archive["images"])[:, None].float() / 255, torch.from_numpy(archive["labels"]).long()


def shapes(side: int, rows: int = 3000, seed: int = 0) -> Pictures:
    """Ten shapes in colour before a coloured, shaded background; place, size and both colours are drawn."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(CLASSES, (rows,), generator=random)
    axis = torch.linspace(-1, 1, side)
    place = (torch.rand(rows, 2, 1, 1, generator=random) - 0.5) * 0.5
    size = 0.4 + 0.25 * torch.rand(rows, 1, 1, generator=random)
    y, x = ((axis.reshape(1, -1, 1) - place[:, 0]) / size, (axis.reshape(1, 1, -1) - place[:, 1]) / size)
    radius, block = (x.square() + y.square()).sqrt(), torch.maximum(x.abs(), y.abs())
    inside = torch.stack(
        [
            radius < 1,
            (radius < 1) & (radius > 0.6),
            block < 0.85,
            (block < 0.9) & (block > 0.55),
            (block < 1) & (torch.minimum(x.abs(), y.abs()) < 0.25),
            (block < 1) & ((x.abs() - y.abs()).abs() < 0.3),
            (y > -0.8) & (y < 0.8) & (x.abs() < (y + 0.8) / 1.6),
            (y.abs() < 0.3) & (x.abs() < 1),
            (x.abs() < 0.3) & (y.abs() < 1),
            (block < 1) & (y.abs() > 0.45),
        ],
        dim=1,
    )[torch.arange(rows), labels][:, None]
    front, back = torch.rand(2, rows, 3, 1, 1, generator=random)
    shade = 0.3 * (torch.rand(rows, 1, 2, 1, generator=random) - 0.5)
    ground = back + shade[:, :, :1] * axis.reshape(1, 1, -1, 1) + shade[:, :, 1:] * axis
    return torch.where(inside, front, ground.clamp(0, 1)), labels


def batches(
    pictures: Pictures, size: int, draws: int, seed: int = 1
) -> Iterator[tuple[str, bool, Float[Tensor, "n c h w"]]]:
    """(kind, collapsed, batch), `draws` of each kind.

    Immature batches are varied pictures paler, blurred, noisy, or drawn to the mean one, as young generators make
    them; collapsed ones are varied but for their class, or a few pictures repeated, with some noise in any case.
    """
    images, labels = pictures
    random = torch.Generator().manual_seed(seed)
    mean = images.mean(0)

    def any_of(chosen: Tensor) -> Tensor:
        return images[chosen[torch.randint(len(chosen), (size,), generator=random)]]

    def varied() -> Tensor:
        return any_of(torch.arange(len(images)))

    def noisy(batch: Tensor, level: float = 0.05) -> Tensor:
        return batch + level * torch.randn(batch.shape, generator=random)

    def blurred(batch: Tensor) -> Tensor:
        return avg_pool2d(batch, 5, stride=1, padding=2, count_include_pad=False)

    def of_classes(number: int) -> Tensor:
        kept = torch.randperm(CLASSES, generator=random)[:number]
        return noisy(any_of(torch.nonzero(torch.isin(labels, kept)).flatten()))

    def of_pictures(number: int) -> Tensor:
        return noisy(any_of(torch.randperm(len(images), generator=random)[:number]))

    kinds: list[tuple[str, bool, Callable[[], Tensor]]] = [
        ("real", False, varied),
        ("half the contrast", False, lambda: noisy(mean + 0.5 * (varied() - mean))),
        ("blurred", False, lambda: noisy(blurred(varied()))),
        ("noisy", False, lambda: noisy(varied(), 0.25)),
        ("blurred, pale, noisy", False, lambda: noisy(0.4 * mean + 0.6 * blurred(varied()), 0.1)),
        ("1 class", True, lambda: of_classes(1)),
        ("3 classes", True, lambda: of_classes(3)),
        ("3 pictures", True, lambda: of_pictures(3)),
        ("10 pictures", True, lambda: of_pictures(10)),
    ]
    for kind, collapsed, draw in kinds:
        for _ in range(draws):
            yield kind, collapsed, draw()
