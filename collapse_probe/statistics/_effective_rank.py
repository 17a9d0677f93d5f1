"""Effective rank of features."""

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
class EffectiveRank(AbstractStatistic):
    """In how many directions the samples vary, each counted by how much: exp of the entropy of the singular values.

    Singular values s of the samples about the mean of the real data, as shares s / sum s. A collapsed batch varies in
    one direction, the one that leads from that mean to it, and scores 1, or little more with some noise around it;
    white noise scores nearly min(n, d). Real data themselves set the scale: compare at equal n.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: exp(-sum_i p_i ln p_i), p_i = s_i / sum_l s_l, s = singular values of the rows y_j - mean x; mean x frozen.
    Unit: dimensions, from 1 to min(n, d); as close as possible to what real batches of the same size score.
    Undefined: NaN where a value is not finite. Samples that are all at the mean of the real data score 1.
    Cost: n d min(n, d).
    Source: Roy and Vetterli, The effective rank, EUSIPCO 2007, definition 1, https://infoscience.epfl.ch/record/110188.

    >>> from collapse_probe import statistics
    >>> cross = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> round(statistics.effective_rank(generated=cross, real=cross), 6)
    2.0
    >>> round(statistics.effective_rank(generated=cross[:2], real=cross), 6)
    1.0
    """

    unit: ClassVar[str] = "dimensions"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "reference"
    online: ClassVar[bool] = False

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        return {"center": center_of(real)}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        if not is_finite(generated) or not is_finite(state["center"]):
            return math.nan
        sizes = torch.linalg.svdvals(generated.double() - state["center"])
        if not bool(sizes.any()):
            return 1.0
        shares = sizes / sizes.sum()
        return float(torch.special.xlogy(shares, shares).sum().neg().exp())
