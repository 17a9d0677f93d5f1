"""Maximum mean discrepancy with a Gaussian kernel."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from ._base import AbstractStatistic, State
from ._distances import center_of, is_finite, subsample, sum_over_pairs


@final
@dataclass(frozen=True)
class MaximumMeanDiscrepancy(AbstractStatistic):
    """How well a smooth function, no finer than the bandwidth, can tell two samples apart; squared.

    The unbiased estimate of E k(x, x') + E k(y, y') - 2 E k(x, y) with k = exp(-|x - y|^2 / (2 s^2)): two samples
    of one law score 0 on average, and so less than 0 half of the time. The bandwidth s is the median distance between
    real samples, times `bandwidth`, and is frozen: taken from the generated ones it would shrink with them.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: mean_{i != j} k(y_i, y_j) + mean_{i != j} k(x_i, x_j) - 2 mean_{i, j} k(y_i, x_j), k(u, v) = exp(-|u - v|^2
        / (2 s^2)), s = bandwidth times the median of |x_i - x_j|; x and s frozen.
    Unit: none, up to 2; less is better, as far as real batches of the same size score.
    Undefined: NaN where at least half of the pairs of real samples coincide (the bandwidth would be 0), for fewer
        than 2 rows, or where a value is not finite.
    Cost: n (n + m) d, and m^2 d in `fit`; about a million pairs in memory.
    Source: Gretton et al., Journal of Machine Learning Research 2012, the unbiased estimate of section 2,
        https://jmlr.org/papers/v13/gretton12a.html.

    >>> from collapse_probe import statistics
    >>> far_apart = torch.tensor([[0.0], [1.0]])
    >>> there = far_apart + 1000
    >>> round(statistics.maximum_mean_discrepancy(generated=there, real=far_apart), 4)  # 2 exp(-1 / 2)
    1.2131
    """

    bandwidth: float = 1.0
    """In median distances between real samples."""
    reference_rows: int = 1024
    """Real samples of which the median is taken."""
    seed: int = 0

    unit: ClassVar[str] = "squared discrepancy"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "low"
    online: ClassVar[bool] = False

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        rows = real.double() - center
        median = torch.pdist(subsample(rows, self.reference_rows, self.seed)).median()
        state = {"center": center, "real": rows, "doubled_square": 2 * (self.bandwidth * median).square()}
        return state | {"real_pair_kernel": _pair_kernel(rows, state["doubled_square"])}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        doubled_square, real = state["doubled_square"], state["real"]
        if len(generated) < 2 or not float(doubled_square) > 0 or not is_finite(generated):
            return math.nan
        rows = generated.double() - state["center"]
        across = sum_over_pairs(rows, real, lambda squares: torch.exp(-squares / doubled_square))
        within = _pair_kernel(rows, doubled_square) + state["real_pair_kernel"]
        return float(within - 2 * across / (len(rows) * len(real)))


def _pair_kernel(rows: Float[Tensor, "n d"], doubled_square: Float[Tensor, ""]) -> Float[Tensor, ""]:
    """Mean kernel of two different rows."""
    total = sum_over_pairs(rows, rows, lambda squares: torch.exp(-squares / doubled_square))
    return (total - len(rows)) / (len(rows) * (len(rows) - 1))
