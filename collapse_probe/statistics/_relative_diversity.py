"""Effective number of distinct samples, relative to as many real ones."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from ._base import AbstractStatistic, State
from ._distances import center_of, is_finite
from ._kernels import mean_squared_kernel, squared_bandwidth_of


@final
@dataclass(frozen=True)
class RelativeDiversity(AbstractStatistic):
    """How many effectively different samples a batch holds, as a fraction of what as many real samples hold.

    RKE(generated) / RKE(real), where RKE, the `vendi_score` of order 2, is 1 / mean over all pairs i, j, i = j
    included, of k(x_i, x_j)^2 with a Gaussian kernel. The bandwidth comes from the real data and is frozen: taken from
    the generated ones it would shrink with them and hide the collapse. RKE grows with the number of samples, so the
    real side is evaluated at the size of the batch, from the mean kernel of its pairs. On images it falls for low
    contrast as it does for collapse: prefer `occupancy` there.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: (1 / n + (1 - 1 / n) K) / ((1 / n^2) sum_{i, j} exp(-|y_i - y_j|^2 / s^2)), K = mean over i < j of
        exp(-|x_i - x_j|^2 / s^2), s = bandwidth times the median of |x_i - x_j|; K and s frozen from real data.
    Unit: ratio; 1 is as diverse as real data, a collapsed batch scores 1 / RKE(real), noise scores above 1.
    Undefined: NaN where at least half of the pairs of real samples coincide (the bandwidth would be 0), for fewer
        than 2 rows, or where a value is not finite.
    Cost: n^2 d; about 1 ms for n = 256, d = 64. `fit` looks at no more than `reference_rows` rows.
    Source: Jalali, Li and Farnia, NeurIPS 2023, RKE mode count (order-2 Renyi entropy of the kernel matrix),
        https://github.com/mjalali/renyi-kernel-entropy.

    >>> from collapse_probe import statistics
    >>> far_apart = 1000 * torch.eye(4)
    >>> round(statistics.relative_diversity(generated=far_apart[[0, 0, 1, 1]], real=far_apart), 6)  # 2 of 4
    0.5
    """

    bandwidth: float = 0.2
    """In median distances between real samples."""
    reference_rows: int = 1024
    seed: int = 0

    unit: ClassVar[str] = "ratio"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "reference"

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        squared_bandwidth, distances = squared_bandwidth_of(
            real.double() - center, self.bandwidth, most_rows=self.reference_rows, seed=self.seed
        )
        # Without i = j: what a pair of different real samples scores, whatever the size of the sample.
        pair_kernel = torch.exp(-distances.square() / squared_bandwidth).mean()
        return {"center": center, "squared_bandwidth": squared_bandwidth, "real_pair_kernel": pair_kernel}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        size = len(generated)
        if size < 2 or not float(state["squared_bandwidth"]) > 0 or not is_finite(generated):
            return math.nan
        rows = generated.double() - state["center"]
        generated_mean = mean_squared_kernel(rows, state["squared_bandwidth"])
        real_mean = 1 / size + (1 - 1 / size) * state["real_pair_kernel"]
        return float(real_mean / generated_mean)
