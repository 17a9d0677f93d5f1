"""Share of the generated samples that nearly repeat another one."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

from jaxtyping import Int32
from torch import Tensor

from ._closeness_statistic import AbstractClosenessStatistic


@final
@dataclass(frozen=True)
class NearDuplicates(AbstractClosenessStatistic):
    """What share of the samples has another one closer than real samples nearly ever lie.

    Closer, that is, than the nearest other sample of all but `level` of the (at most 1,024) real ones; the distance is
    frozen with them. As many real samples score `level`, n of them about n / m of that. Low contrast brings samples
    together as a collapse does, and nearness in an embedding is not sameness: look at the pairs.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: (1 / n) sum_j 1[min_{i != j} |y_i - y_j| <= t], t = the ceil(level m)-th smallest of min_{l != i} |x_i -
        x_l| over real x_i, frozen.
    Unit: share from 0 to 1; less is better, as far as real batches of the same size score.
    Undefined: NaN for fewer than 2 rows, or where a value is not finite.
    Cost: n^2 d; below 1 ms for n = 256, d = 64. 16 MB at any size.
    Source: the birthday test of Arora and Zhang, 2017, https://arxiv.org/abs/1706.08224, with a distance
        from real data in place of the 20 closest pairs and a human eye.

    >>> import torch
    >>> from collapse_probe import statistics
    >>> line = torch.tensor([[0.0], [1.0], [3.0], [6.0]])
    >>> batch = torch.tensor([[0.0], [0.5], [2.0], [9.0]])
    >>> statistics.near_duplicates(generated=batch, real=line)  # the two closest real samples are 1 apart
    0.5
    """

    level: float = 0.05

    unit: ClassVar[str] = "share"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "low"
    online: ClassVar[bool] = False

    def summarise(self, neighbours: Int32[Tensor, " n"]) -> float:
        return float((neighbours > 0).double().mean())
