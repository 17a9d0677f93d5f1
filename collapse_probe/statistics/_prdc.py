"""Precision, recall, density and coverage at once."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from ._neighbour_statistic import AbstractNeighbourStatistic, expected_coverage, inside, squared_radii_of


@final
@dataclass(frozen=True)
class PRDC(AbstractNeighbourStatistic):
    """Precision, recall, density and coverage, in this order, for less than the four one by one.

    What each says, and which to trust, stands at `precision`, `recall`, `density` and `coverage`. With `normalised`
    coverage is divided by what n samples of the real law score on average; of density that is 1, and for precision
    and recall there is no formula: compare them with real data at the same sizes.

    Shapes: generated (n, d), real (m, d); a float64 tensor (4,).
    Formula: those of `precision`, `recall`, `density` and `coverage`, with one k and `<=` throughout.
    Unit: shares, density in neighbourhoods / k; compare with what real data score.
    Undefined: NaN for k or fewer real samples, recall also for k or fewer generated; where a value is not finite.
    Cost: n (n + 2 m) d; about 3 ms for n = 256, m = 1024, d = 64. `fit` takes m^2 d. Some 20 MB at any size.
    Source: Kynkäänniemi et al., NeurIPS 2019, https://arxiv.org/abs/1904.06991; Naeem et al., ICML 2020,
        https://arxiv.org/abs/2002.09797; balls are closed.

    >>> from collapse_probe import statistics
    >>> line = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    >>> two = torch.tensor([[0.0], [1.0]])
    >>> statistics.prdc(generated=two, real=line, k=1).tolist()  # 2 + 3 balls around two samples; 3 is not reached
    [1.0, 0.75, 2.5, 0.75]
    """

    normalised: bool = False

    unit: ClassVar[str] = "shares"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "reference"
    part: ClassVar[str] = "measure"
    online: ClassVar[bool] = False

    def compare(
        self, generated: Float[Tensor, "n d"], real: Float[Tensor, "m d"], squared_radii: Float[Tensor, " m"]
    ) -> Float[Tensor, " parts"]:
        size = len(generated)
        own = squared_radii_of(generated, self.k)
        found = inside(generated, real, squared_radii=squared_radii, own_squared_radii=own)
        counts, coverage = found.counts.double(), found.hit.double().mean()
        if self.normalised:
            coverage = coverage / expected_coverage(size, len(real), self.k)
        recall = found.held.double().mean() if size > self.k else coverage.new_tensor(math.nan)
        return torch.stack([(counts > 0).double().mean(), recall, counts.mean() / self.k, coverage])

    def undefined(self) -> Float[Tensor, " parts"]:
        return torch.full((4,), math.nan, dtype=torch.float64)
