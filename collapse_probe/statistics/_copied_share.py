"""Share of the generated samples that all but repeat a real one."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from ..errors import InvalidArgument
from ._base import AbstractStatistic, State
from ._distances import center_of, exact_blocks, is_finite, subsample
from ._neighbours import nearest

_ROWS = 1024


@final
@dataclass(frozen=True)
class CopiedShare(AbstractStatistic):
    """What share of the samples lies far closer to a real sample than real samples lie to each other.

    Far closer is within `within` times the median distance of up to 1,024 real samples to their nearest other one. A
    generator that is still learning scores 0, since its samples lie further from real ones than those from each other;
    one that has learnt its training data by heart scores as high as the share of them that it is compared with. It can
    be seen only where those real samples are a good part of the training data: that is, where there are few of them.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: (1 / n) sum_j 1[min_i |y_j - x_i| <= w median_i min_{l != i} |x_i - x_l|], x_i real, w = `within`.
    Unit: share from 0 to 1; less is better, as far as real batches that were not compared with score.
    Undefined: NaN for real samples of which half are repeated, or where a value is not finite.
    Cost: n m d; below 1 ms for n = 256, m = 1024, d = 64. Some 20 MB at any size.
    Source: the nearest-neighbour test of memorisation, as in Meehan et al., 2020, https://arxiv.org/abs/2004.05675,
        with a distance from the real data in place of a held-out set.

    >>> import torch
    >>> from collapse_probe import statistics
    >>> line = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    >>> batch = torch.tensor([[0.1], [0.5], [1.5], [2.9]])
    >>> statistics.copied_share(generated=batch, real=line)  # the real ones are 1 apart
    0.5
    """

    within: float = 0.35
    seed: int = 0

    unit: ClassVar[str] = "share"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "low"

    def __post_init__(self) -> None:
        if not 0 < self.within < math.inf:
            raise InvalidArgument(f"within is {self.within}; expected a positive multiple of real samples' distance")

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        rows = subsample(real, _ROWS, self.seed).double() - center
        apart = torch.cat([block.topk(2, dim=1, largest=False).values[:, 1] for block in exact_blocks(rows, rows)])
        return {"center": center, "real": rows, "squared_threshold": (self.within * apart.median()).square()}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        if not is_finite(generated) or not bool(state["squared_threshold"] > 0):
            return math.nan
        squared = nearest(generated.double() - state["center"], state["real"])
        return float((squared <= state["squared_threshold"]).double().mean())
