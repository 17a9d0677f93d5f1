"""Median distance between generated samples."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

from jaxtyping import Float
from torch import Tensor

from ._distance_statistic import AbstractDistanceStatistic, lower_median, pair_distances


@final
@dataclass(frozen=True)
class MedianPairwiseDistance(AbstractDistanceStatistic):
    """How far apart half of all pairs of generated samples lie at most; a few far-off strays do not move it.

    It is 0 as soon as more than seven in ten samples are one picture, whatever the others do. `metric` may be "cosine",
    and with `relative` the value is divided by that of real data.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: lower median over i < j of |y_i - y_j|; cosine: of 1 - cos(y_i, y_j); relative: divided by that of the real
        samples, frozen.
    Unit: that of the data; compare with what real data score, which hardly depends on n.
    Undefined: NaN for fewer than 2 rows, where a value is not finite, or relative to real data whose median is 0.
    Cost: 2 n^2 d, in four passes; about 5 ms for n = 256, d = 64. 16 MB at any size.
    Source: as the mean: Zhu et al., BicycleGAN, 2017, https://arxiv.org/abs/1711.11586; of an even number of pairs
        the lower of the middle two is taken.

    >>> import torch
    >>> from collapse_probe import statistics
    >>> triangle = torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    >>> statistics.median_pairwise_distance(generated=triangle, real=triangle)  # of 3, 4 and 5
    4.0
    """

    unit: ClassVar[str] = "data units"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "reference"
    online: ClassVar[bool] = False

    def summarise(self, rows: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
        # The cosine distance grows with the Euclidean one, so the median pair is the same.
        return self.distances(lower_median(lambda: pair_distances(rows), len(rows) * (len(rows) - 1) // 2))
