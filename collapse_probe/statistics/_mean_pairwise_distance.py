"""Mean distance between generated samples."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from ._distance_statistic import AbstractDistanceStatistic, pair_distances


@final
@dataclass(frozen=True)
class MeanPairwiseDistance(AbstractDistanceStatistic):
    """How far apart two generated samples lie on average; falls to 0 when the generator draws one picture.

    It sees the loss of spread, not the loss of modes, and low contrast lowers it too. `metric` may be "cosine", and
    with `relative` the value is divided by that of real data.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: 2 / (n (n - 1)) sum_{i < j} |y_i - y_j|; cosine: 1 - cos(y_i, y_j) in place of |y_i - y_j|; relative:
        divided by that of the real samples, frozen.
    Unit: that of the data; compare with what real data score, which does not depend on n.
    Undefined: NaN for fewer than 2 rows, where a value is not finite, or relative to real data that are all alike.
    Cost: n^2 d / 2; about 1 ms for n = 256, d = 64. 16 MB at any size.
    Source: the distance-based diversity of Zhu et al., BicycleGAN, 2017, with Euclidean distance in
        place of a perceptual one, https://arxiv.org/abs/1711.11586.

    >>> from collapse_probe import statistics
    >>> triangle = torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    >>> statistics.mean_pairwise_distance(generated=triangle, real=triangle)  # (3 + 4 + 5) / 3
    4.0
    """

    unit: ClassVar[str] = "data units"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "reference"

    def summarise(self, rows: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
        sums = [self.distances(part).sum() for part in pair_distances(rows)]
        return torch.stack(sums).sum() / (len(rows) * (len(rows) - 1) / 2)
