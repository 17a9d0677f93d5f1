"""Mixtures of Gaussians with known modes: the standard first test of a GAN, and of a collapse detector.

Published code disagrees on what "the 8-mode ring" is (radius 1 or 2, 8 places or 7 because `linspace` includes its
end point, sigma given as a variance), so every choice here is a named argument.
"""

import math
from typing import final

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from .errors import InvalidArgument


@final
class Mixture:
    """Equally wide, round Gaussians whose centres and weights are known.

    Shapes: `centers` (k, 2), `weights` (k,), `sample(n)` (n, 2), all float32 on the CPU.

    >>> mixture = Mixture(torch.tensor([[0.0, 0.0], [1.0, 0.0]]), 0.1, weights=torch.tensor([3.0, 1.0]))
    >>> mixture.weights.tolist()
    [0.75, 0.25]
    """

    centers: Float[Tensor, "k d"]
    sigma: float
    weights: Float[Tensor, " k"]

    def __init__(
        self,
        centers: Float[Tensor, "k d"],
        sigma: float,
        *,
        weights: Float[Tensor, " k"] | None = None,
        seed: int = 0,
    ) -> None:
        weights = torch.ones(len(centers)) if weights is None else weights
        if centers.ndim != 2 or len(centers) == 0:
            raise InvalidArgument(f"centers have shape {tuple(centers.shape)}; expected (k, d) with k >= 1")
        if weights.shape != centers.shape[:1] or not bool((weights > 0).all()):
            raise InvalidArgument(
                f"weights {weights.tolist()} do not fit {len(centers)} centers; give one positive weight for each"
            )
        self.centers = centers.float()
        self.sigma = _positive(sigma, "sigma")
        self.weights = weights.float() / weights.sum()
        self._generator = Generator().manual_seed(seed)

    def sample(self, n: int, *, generator: Generator | None = None) -> Float[Tensor, "n d"]:
        """`n` points; without `generator` the mixture draws from its own, so each call gives new ones."""
        if n < 1:
            raise InvalidArgument(f"n is {n}; ask for at least 1 sample")
        source = self._generator if generator is None else generator
        modes = torch.multinomial(self.weights, n, replacement=True, generator=source)
        return self.centers[modes] + self.sigma * torch.randn(n, self.centers.shape[1], generator=source)

    def __repr__(self) -> str:
        return f"Mixture({len(self.centers)} modes in {self.centers.shape[1]} dimensions, sigma={self.sigma})"


def ring(modes: int = 8, *, radius: float = 1.0, sigma: float = 0.01, seed: int = 0) -> Mixture:
    """Gaussians at equal angles on a circle, the first at angle 0.

    Source: Srivastava et al., VEEGAN, 2017, https://arxiv.org/abs/1705.07761, as in the code of Lin et al.,
    PacGAN, 2018, https://arxiv.org/abs/1712.04086.

    >>> ring(4).centers.round().abs().tolist()
    [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    """
    angles = 2 * math.pi * torch.arange(_count(modes, "modes"), dtype=torch.float64) / modes
    return Mixture(
        _positive(radius, "radius") * torch.stack([angles.cos(), angles.sin()], dim=1).float(), sigma, seed=seed
    )


def grid(side: int = 5, *, spacing: float = 2.0, sigma: float = 0.05, seed: int = 0) -> Mixture:
    """Gaussians on a square lattice around the origin; `grid(5)` has the 25 centres {-4, -2, 0, 2, 4}^2.

    Source: as `ring`.

    >>> grid(2).centers.tolist()
    [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]
    """
    places = _positive(spacing, "spacing") * (torch.arange(_count(side, "side")) - (side - 1) / 2)
    return Mixture(torch.cartesian_prod(places, places).reshape(-1, 2), sigma, seed=seed)


def _positive(value: float, name: str) -> float:
    if not (math.isfinite(value) and value > 0):
        raise InvalidArgument(f"{name} is {value}; expected a finite number above 0")
    return float(value)


def _count(value: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidArgument(f"{name} is {value!r}; expected a whole number of at least 1")
    return value
