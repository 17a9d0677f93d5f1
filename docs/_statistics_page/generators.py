"""Eight modes in three spaces, and the ways in which a generator of them gets worse."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from collapse_probe import toy

MODES, WIDTH = 8, 0.05
_DIMENSIONS, _GRAIN = 64, 0.01
_SIDE = 32


@dataclass(frozen=True)
class Generator:
    """The shares of the modes, how wide they are, and how much of a batch is noise all over the place."""

    shares: Sequence[float] = (1.0,) * MODES
    width: float = 1.0
    noise: float = 0.0


@dataclass(frozen=True)
class Course:
    """A way in which a generator gets worse."""

    title: str
    along: Sequence[float]
    at: Callable[[float], Generator]


def _dropped(modes: float) -> Generator:
    return Generator(shares=[0.0] * int(modes) + [1.0] * (MODES - int(modes)))


def _favoured(share: float) -> Generator:
    return Generator(shares=[share, *[(1 - share) / (MODES - 1)] * (MODES - 1)])


COURSES = (
    Course("modes dropped, of 8", range(MODES), _dropped),
    Course("share of one mode", (0.125, 0.25, 0.4, 0.55, 0.7, 0.85, 1.0), _favoured),
    Course("width of modes, of real", (1.0, 0.8, 0.6, 0.4, 0.2, 0.05, 0.0), lambda x: Generator(width=x)),
    Course("share of noise", (0.0, 0.1, 0.25, 0.4, 0.6, 0.8, 1.0), lambda x: Generator(noise=x)),
)
LOSSES = {
    "half a mode": Generator(shares=[0.5] + [1.0] * (MODES - 1)),
    "a mode": _dropped(1),
    "half of the modes": _dropped(MODES // 2),
}


@dataclass(frozen=True)
class Space:
    """Where the modes lie: their centres (8, ...), their width, and between which values noise is."""

    note: str
    centers: Tensor
    width: float
    noise: tuple[float, float]
    lifted: Tensor | None = None
    """Rows (2, d) that take the plane to d dimensions, where a little grain is added."""

    def sample(self, generator: Generator, rows: int, seed: int) -> Tensor:
        """Samples (n, ...)."""
        source = torch.Generator().manual_seed(seed)
        modes = torch.multinomial(torch.tensor(generator.shares), rows, replacement=True, generator=source)
        shape = (rows, *self.centers.shape[1:])
        points = self.centers[modes] + self.width * generator.width * torch.randn(shape, generator=source)
        low, high = self.noise
        noise = low + (high - low) * torch.rand(shape, generator=source)
        stray = torch.rand(rows, *[1] * (len(shape) - 1), generator=source) < generator.noise
        found = torch.where(stray, noise, points)
        if self.lifted is None:
            return found
        return found @ self.lifted + _GRAIN * torch.randn(rows, _DIMENSIONS, generator=source)


def plane() -> Space:
    return Space("", toy.ring(MODES).centers, WIDTH, (-1.5, 1.5))


def lifted_plane() -> Space:
    basis = torch.linalg.qr(torch.randn(_DIMENSIONS, 2, generator=torch.Generator().manual_seed(0))).Q.T
    note = (
        f"It says nothing of the plane: here the ring lies in {_DIMENSIONS} dimensions, with grain of {_GRAIN:g} in "
        "each of them. Matching means moves a batch by about the width of a mode, hence the wide band."
    )
    return Space(note, toy.ring(MODES).centers, WIDTH, (-1.5, 1.5), basis)


def pictures() -> Space:
    coarse = torch.rand(MODES, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    centers = interpolate(coarse, size=(_SIDE, _SIDE), mode="bicubic", align_corners=True)
    note = (
        f"It reads pictures: the modes are here eight smooth ones of {_SIDE} x {_SIDE}, grey, with noise of "
        f"{WIDTH:g} on each pixel. That noise is what shrinks in the third part; in the fourth it takes the place of "
        "pictures."
    )
    return Space(note, centers, WIDTH, (0.0, 1.0))
