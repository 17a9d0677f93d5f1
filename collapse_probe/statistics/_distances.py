"""Squared distances that stay right far from the origin.

`torch.cdist` on raw float32 data around 1e3 makes different points look equal (it expands the square above 25
rows). Here data are moved to the mean of the real data in float64 first; after that the expansion is exact to
about 1e-15 of the squared norms, and several times faster than taking differences.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def center_of(real: Float[Tensor, "m d"]) -> Float[Tensor, " d"]:
    """The mean of the real data in float64."""
    return real.double().mean(dim=0)


def squared_distances(first: Float[Tensor, "n d"], second: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
    """All squared Euclidean distances between two samples that were moved to the same centre."""
    products = first @ second.T
    return (first.square().sum(1)[:, None] + second.square().sum(1) - 2 * products).clamp_(min=0)


def within(
    first: Float[Tensor, "n d"], second: Float[Tensor, "m d"], squared_radii: Float[Tensor, " m"]
) -> Bool[Tensor, "n m"]:
    """Which points of `first` lie in the closed ball around each point of `second`, ties included.

    Rounding of the expanded square must not decide a tie, so the ball is wider by 1e-12 of the squared norms.
    """
    slack = 1e-12 * (first.square().sum(1)[:, None] + second.square().sum(1))
    return squared_distances(first, second) <= squared_radii + slack


def is_finite(sample: Tensor) -> bool:
    """Whether a batch can be measured at all: it holds something, and no NaN or infinity of a diverged generator."""
    return len(sample) > 0 and bool(torch.isfinite(sample).all())


def subsample(real: Float[Tensor, "m d"], rows: int, seed: int) -> Float[Tensor, "k d"]:
    """At most `rows` of the rows, drawn without replacement; data sets are often sorted by class."""
    if len(real) <= rows:
        return real
    generator = torch.Generator().manual_seed(seed)
    return real[torch.randperm(len(real), generator=generator)[:rows].to(real.device)]
