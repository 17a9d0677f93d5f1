"""Share of the generated samples that lie among real ones."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

from jaxtyping import Float
from torch import Tensor

from ._neighbour_statistic import AbstractNeighbourStatistic, inside


@final
@dataclass(frozen=True)
class Precision(AbstractNeighbourStatistic):
    """What share of the generated samples lies within the k-th real neighbour of some real sample.

    Improved precision. It speaks of quality, not of variety: a collapsed generator scores 1 when its one picture is
    a good one. A single real outlier has a wide ball; `density` is less easily misled.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: (1 / n) sum_j 1[exists i: |y_j - x_i| <= r_k(x_i)], r_k(x_i) = distance from real x_i to its k-th nearest
        other real sample, frozen.
    Unit: share from 0 to 1; compare with what real data score, which depends on m and on the data.
    Undefined: NaN for k or fewer real samples, or where a value is not finite.
    Cost: n m d; about 1 ms for n = 256, m = 1024, d = 64. `fit` takes m^2 d. Some 20 MB at any size.
    Source: Kynkäänniemi et al., NeurIPS 2019, https://arxiv.org/abs/1904.06991, there with k = 3; balls are closed.

    >>> import torch
    >>> from collapse_probe import statistics
    >>> line = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    >>> two = torch.tensor([[4.0], [4.5]])
    >>> statistics.precision(generated=two, real=line, k=1)  # 4 is as far from 3 as 2 is
    0.5
    """

    unit: ClassVar[str] = "share"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "reference"
    online: ClassVar[bool] = False

    def compare(
        self, generated: Float[Tensor, "n d"], real: Float[Tensor, "m d"], squared_radii: Float[Tensor, " m"]
    ) -> float:
        counts = inside(generated, real, squared_radii=squared_radii).counts
        return float((counts > 0).double().mean())
