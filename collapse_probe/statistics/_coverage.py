"""Share of the real samples that have a generated one nearby."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from ._base import AbstractStatistic, State
from ._distances import center_of, is_finite, squared_distances, within


@final
@dataclass(frozen=True)
class Coverage(AbstractStatistic):
    """What share of the real samples has a generated sample closer than its own k-th real neighbour.

    Noise does not raise it, and a few stray samples do not hide a collapse, as they do in improved recall. A perfect
    generator does not score 1: n generated against m real samples of the same law score
    1 - prod_{i=1..k} (m - i) / (n + m - i) on average, 0.969 for n = m = 1000 and 0.38 for n = 100. With
    `normalised` the value is divided by that.

    Shapes: generated (n, d), real (m, d); a float.
    Unit: share from 0 to 1; more is better, as far as real batches of the same size score.
    Undefined: NaN for k or fewer real samples, or where a value is not finite.
    Cost: n m d; about 3 ms for n = 256, m = 1024, d = 64. `fit` needs m^2 numbers.
    Source: Naeem et al., ICML 2020, section 3, https://arxiv.org/abs/2002.09797; balls are closed.

    >>> from collapse_probe import statistics
    >>> line = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    >>> two = torch.tensor([[0.0], [0.0]])
    >>> statistics.coverage(generated=two, real=line, k=1)  # the balls of 0 and of 1 reach to 0
    0.5
    """

    k: int = 5
    normalised: bool = False

    unit: ClassVar[str] = "share"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "high"

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        rows = real.double() - center
        if len(rows) <= self.k:
            squared_radii = rows.new_full((len(rows),), math.nan)
        else:
            # The nearest of all is the point itself.
            squared_radii = squared_distances(rows, rows).kthvalue(self.k + 1, dim=1).values
        return {"center": center, "real": rows, "squared_radii": squared_radii}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        real, squared_radii = state["real"], state["squared_radii"]
        if bool(torch.isnan(squared_radii).any()) or not is_finite(generated):
            return math.nan
        inside = within(generated.double() - state["center"], real, squared_radii)
        share = float(inside.any(dim=0).double().mean())
        return share / expected_coverage(len(generated), len(real), self.k) if self.normalised else share


def expected_coverage(n: int, m: int, k: int) -> float:
    """Mean coverage of m real by n generated samples when both follow one continuous law."""
    return 1 - math.prod((m - i) / (n + m - i) for i in range(1, k + 1))
