"""How densely real samples surround the generated ones."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

from jaxtyping import Float
from torch import Tensor

from ._neighbour_statistic import AbstractNeighbourStatistic, inside


@final
@dataclass(frozen=True)
class Density(AbstractNeighbourStatistic):
    """How many real neighbourhoods hold a generated sample, in units of k: precision that outliers do not inflate.

    It speaks of quality, not of variety: a generator that draws the one most typical picture scores above 1. Two
    samples of one law score 1 on average whatever their sizes, so there is nothing to normalise.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: (1 / (k n)) sum_j sum_i 1[|y_j - x_i| <= r_k(x_i)], r_k(x_i) = distance from real x_i to its k-th nearest
        other real sample, frozen.
    Unit: real neighbourhoods / k, from 0 and not bounded by 1; compare with what real data score, 1.
    Undefined: NaN for k or fewer real samples, or where a value is not finite.
    Cost: n m d; about 1 ms for n = 256, m = 1024, d = 64. `fit` takes m^2 d. Some 20 MB at any size.
    Source: Naeem et al., ICML 2020, section 3, https://arxiv.org/abs/2002.09797; balls are closed.

    >>> import torch
    >>> from collapse_probe import statistics
    >>> line = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    >>> two = torch.tensor([[0.0], [9.0]])
    >>> statistics.density(generated=two, real=line, k=1)  # 0 is in the balls of 0 and of 1, 9 in none
    1.0
    """

    unit: ClassVar[str] = "neighbourhoods / k"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "reference"
    online: ClassVar[bool] = False

    def compare(
        self, generated: Float[Tensor, "n d"], real: Float[Tensor, "m d"], squared_radii: Float[Tensor, " m"]
    ) -> float:
        counts = inside(generated, real, squared_radii=squared_radii).counts
        return float(counts.double().mean()) / self.k
