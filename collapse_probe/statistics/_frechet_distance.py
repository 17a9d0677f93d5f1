"""Fréchet distance between two samples taken as Gaussian: the FID of any embedding."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from ._base import AbstractStatistic, State
from ._distances import center_of, is_finite


@final
@dataclass(frozen=True)
class FrechetDistance(AbstractStatistic):
    """How different two samples are in mean and covariance: FID, in the space that you give it; a squared distance.

    |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^(1/2) S2 S1^(1/2))^(1/2)), from eigenvalues of symmetric matrices alone, so that a
    collapsed generator, whose covariance has no inverse, gives a number and not NaN. It sees two moments and nothing
    else: a ring of 8 modes with every other one missing scores 0.000. It is biased upwards for small samples, in many
    dimensions by more than most models differ: compare at equal n.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: |mean y - mean x|^2 + tr(S_y + S_x - 2 (S_x^(1/2) S_y S_x^(1/2))^(1/2)), covariances over n - 1 and m - 1;
        mean x and S_x frozen.
    Unit: that of the data, squared; less is better, as far as real batches of the same size score.
    Undefined: NaN for fewer than 2 rows, or where a value is not finite.
    Cost: n d min(n, d) + d^2 min(n, d), and m d^2 + d^3 in `fit`; d^2 numbers in memory.
    Source: Heusel et al., NeurIPS 2017, https://arxiv.org/abs/1706.08500; Dowson and Landau, Journal of Multivariate
        Analysis 1982, https://doi.org/10.1016/0047-259X(82)90077-X.

    >>> from collapse_probe import statistics
    >>> line = torch.tensor([[-1.0], [0.0], [1.0]])  # variance 1
    >>> round(statistics.frechet_distance(generated=3 * line + 2, real=line), 6)  # 2^2 + (3 - 1)^2
    8.0
    """

    unit: ClassVar[str] = "squared data units"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "low"
    online: ClassVar[bool] = False

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        rows = real.double() - center
        if len(real) < 2 or not is_finite(real):
            return {"center": center, "root": rows.new_full((rows.shape[1],) * 2, math.nan)}
        values, vectors = torch.linalg.eigh(rows.T @ rows / (len(rows) - 1))
        return {"center": center, "root": (vectors * values.clamp(min=0).sqrt()) @ vectors.T}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        root = state["root"]
        if len(generated) < 2 or not is_finite(generated) or not is_finite(root):
            return math.nan
        rows = generated.double() - state["center"]
        shift = rows.mean(dim=0)
        factor = (rows - shift) / math.sqrt(len(rows) - 1)
        # The same eigenvalues, 0 left out, whichever side the product is taken from: the smaller one.
        half = factor @ root
        product = half @ half.T if len(half) < half.shape[1] else half.T @ half
        values = torch.linalg.eigvalsh(product)
        # Below this an eigenvalue is rounding, whose root would not be small.
        values = values[values > values.max() * len(values) * torch.finfo(torch.float64).eps]
        spread = factor.square().sum() + root.square().sum() - 2 * values.sqrt().sum()
        return max(0.0, float(shift.square().sum() + spread))
