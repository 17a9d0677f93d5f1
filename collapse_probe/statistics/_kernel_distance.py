"""Kernel distance: the KID of any embedding."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from ._base import AbstractStatistic, State
from ._distances import canonical, center_of, is_finite, subsample


@final
@dataclass(frozen=True)
class KernelDistance(AbstractStatistic):
    """How different two samples are in their first three moments: KID, in the space that you give it.

    The unbiased estimate of the squared maximum mean discrepancy with the kernel (x . y / d + 1)^3, averaged over
    `subsets` seeded subsets where a sample is larger than `subset_size`. Two samples of one law score 0 on average, and
    so less than 0 half of the time. The kernel depends on the origin: it is moved to the mean of the real data,
    unless `centered` is off. KID as published is of 2,048 Inception features with `centered=False`.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: mean_{i != j} k(y_i, y_j) + mean_{i != j} k(x_i, x_j) - 2 mean_{i, j} k(y_i, x_j), k(u, v) = ((u - c) . (v
        - c) / d + 1)^3, c = mean x, or 0 where not `centered`; x and c frozen.
    Unit: none, cubic in the variance of the data; less is better, as far as real batches of the same size score.
    Undefined: NaN for fewer than 2 rows, or where a value is not finite.
    Cost: subsets (n + m)^2 d for n and m up to `subset_size`; as many numbers in memory.
    Source: Bińkowski et al., Demystifying MMD GANs, ICLR 2018, https://arxiv.org/abs/1801.01401.

    >>> from collapse_probe import statistics
    >>> real = torch.tensor([[-1.0], [1.0]])  # (1 - 1)^3 = 0
    >>> statistics.kernel_distance(generated=torch.full((2, 1), 3.0), real=real)  # 1000 + 0 - 2 (64 - 8) / 2
    944.0
    """

    subsets: int = 100
    subset_size: int = 1000
    centered: bool = True
    seed: int = 0

    unit: ClassVar[str] = "squared discrepancy"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "low"
    online: ClassVar[bool] = False

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        if not self.centered:
            center = torch.zeros_like(center)
        return {"center": center, "real": canonical(real.double() - center)}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        real = state["real"]
        if min(len(generated), len(real)) < 2 or not is_finite(generated) or not is_finite(real):
            return math.nan
        rows = canonical(generated.double() - state["center"])
        drawn = self.subsets if max(len(rows), len(real)) > self.subset_size else 1
        return sum(self._of_subset(rows, real, draw) for draw in range(drawn)) / drawn

    def _of_subset(self, generated: Float[Tensor, "n d"], real: Float[Tensor, "m d"], draw: int) -> float:
        seed = 2 * (self.seed * self.subsets + draw)
        ours, theirs = subsample(generated, self.subset_size, seed), subsample(real, self.subset_size, seed + 1)
        return float(_pair_kernel(ours) + _pair_kernel(theirs) - 2 * _kernel(ours, theirs).mean())


def _kernel(first: Float[Tensor, "n d"], second: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
    return (first @ second.T / first.shape[1] + 1) ** 3


def _pair_kernel(rows: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """Mean kernel of two different rows."""
    kernel = _kernel(rows, rows)
    return (kernel.sum() - kernel.diagonal().sum()) / (len(rows) * (len(rows) - 1))
