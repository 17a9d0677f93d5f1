"""How many different samples the generator draws from, by the birthday paradox."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

from jaxtyping import Int32
from torch import Tensor

from ._closeness_statistic import AbstractClosenessStatistic


@final
@dataclass(frozen=True)
class SupportSize(AbstractClosenessStatistic):
    """From how many equally likely pictures a batch seems to be drawn: n (n - 1) / (2 C) for C pairs that coincide.

    Two samples coincide when they lie closer than half of the (at most 1,024) real samples lie to their nearest other
    one; the distance is frozen with them. It is the number of pictures for equal shares, and 1 / sum of p^2 for others:
    the size of what is drawn often, which strays do not raise. n samples cannot tell more than about n^2 / 2.
    A human eye sees the first coincidence at some 1.18 sqrt(size) samples, so size is 0.72 n^2 there, and not n^2.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: n (n - 1) / (2 C), C = sum_{i < j} 1[|y_i - y_j| <= t], t = the ceil(level m)-th smallest of min_{l != i}
        |x_i - x_l| over real x_i, frozen.
    Unit: samples, 1 for one picture, infinity where no pair coincides; compare with what real data score.
    Undefined: NaN for fewer than 2 rows, or where a value is not finite.
    Cost: n^2 d; below 1 ms for n = 256, d = 64. 16 MB at any size.
    Source: the birthday test of Arora and Zhang, 2017, https://arxiv.org/abs/1706.08224; here its moment estimator,
        with a distance from real data in place of a human eye.

    >>> import torch
    >>> from collapse_probe import statistics
    >>> line = torch.arange(10.0)[:, None]
    >>> statistics.support_size(generated=10 * line[[0, 0, 1, 2]], real=line)  # 1 of 6 pairs
    6.0
    """

    unit: ClassVar[str] = "samples"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "high"
    online: ClassVar[bool] = False

    def summarise(self, neighbours: Int32[Tensor, " n"]) -> float:
        size = len(neighbours)
        # Each pair is counted from both of its ends.
        both = int(neighbours.sum())
        return size * (size - 1) / both if both else math.inf
