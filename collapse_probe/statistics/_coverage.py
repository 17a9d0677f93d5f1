"""Share of the real samples that have a generated one nearby."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

from jaxtyping import Float
from torch import Tensor

from ._neighbour_statistic import AbstractNeighbourStatistic, expected_coverage, inside


@final
@dataclass(frozen=True)
class Coverage(AbstractNeighbourStatistic):
    """What share of the real samples has a generated sample closer than its own k-th real neighbour.

    Noise does not raise it, and a few stray samples do not hide a collapse, as they do in improved recall. A perfect
    generator does not score 1: n generated against m real samples of the same law score
    1 - prod_{i=1..k} (m - i) / (n + m - i) on average, 0.969 for n = m = 1000 and 0.38 for n = 100. With
    `normalised` the value is divided by that.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: (1 / m) sum_i 1[exists j: |y_j - x_i| <= r_k(x_i)], r_k(x_i) = distance from real x_i to its k-th nearest
        other real sample, frozen.
    Unit: share from 0 to 1; more is better, as far as real batches of the same size score.
    Undefined: NaN for k or fewer real samples, or where a value is not finite.
    Cost: n m d; about 1 ms for n = 256, m = 1024, d = 64. `fit` takes m^2 d. Some 20 MB at any size.
    Source: Naeem et al., ICML 2020, section 3, https://arxiv.org/abs/2002.09797; balls are closed.

    >>> import torch
    >>> from collapse_probe import statistics
    >>> line = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    >>> two = torch.tensor([[0.0], [0.0]])
    >>> statistics.coverage(generated=two, real=line, k=1)  # the balls of 0 and of 1 reach to 0
    0.5
    """

    normalised: bool = False

    unit: ClassVar[str] = "share"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "high"

    def compare(
        self, generated: Float[Tensor, "n d"], real: Float[Tensor, "m d"], squared_radii: Float[Tensor, " m"]
    ) -> float:
        share = float(inside(generated, real, squared_radii=squared_radii).hit.double().mean())
        return share / expected_coverage(len(generated), len(real), self.k) if self.normalised else share
