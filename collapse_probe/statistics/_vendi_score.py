"""Effective number of distinct samples, by the spectrum of their similarities."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from ..errors import InvalidArgument
from ._base import AbstractStatistic, State
from ._distances import center_of, is_finite
from ._kernels import (
    estimated_entropy,
    gaussian_spectrum,
    linear_spectrum,
    mean_squared_kernel,
    mean_squared_product,
    squared_bandwidth_of,
    unit_rows,
)


@final
@dataclass(frozen=True)
class VendiScore(AbstractStatistic):
    """How many effectively different samples a batch holds: 1 when all are alike, n when none resembles another.

    exp of the Renyi entropy of the eigenvalues of K / n, K being the similarity of each pair. `order` 1 is Vendi's own,
    2 is the RKE mode count, needs no eigenvalues and settles with the fewest samples, infinity sees only the most
    frequent kind. With `kernel="rbf"` the bandwidth comes from the real data and is frozen; with "cosine", rows
    are compared by direction as they are, so that an offset counts. It grows with n, and noise raises it:
    compare with as many real samples, or take `relative_diversity`, which does.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: (sum_i λ_i^q)^(1 / (1 - q)); exp(-sum_i λ_i ln λ_i) for q = 1, 1 / max λ_i for infinity; λ = eigenvalues of
        K / n, K_ij = exp(-|y_i - y_j|^2 / (2 s^2)), s = bandwidth times the median of |x_i - x_j|, frozen; or cos(y_i,
        y_j).
    Unit: samples, from 1 to n; compare with what real data score at the same n.
    Undefined: NaN with "rbf" where at least half of the pairs of real samples coincide (the bandwidth would be 0), or
        where a value is not finite.
    Cost: "cosine" n d^2, or n^2 d if d > n. "rbf" n^2 d and 16 MB for order 2; else n r^2 and n r numbers, r being how
        many samples describe all others, and n^3 and n^2 numbers where r > n / 3. 10 ms for n = 256, d = 64 at most.
        With `relative_error`, 0.001 say, order 1 is estimated instead of that n^3, for 200 to some 6,000 products of
        the matrix with a vector, half as many numbers, and again from n^3 where no estimate comes so near.
    Source: Friedman and Dieng, TMLR 2023, https://arxiv.org/abs/2210.02410; orders: Pasarkar and Dieng,
        https://arxiv.org/abs/2310.12952; RKE: Jalali, Li and Farnia, NeurIPS 2023.

    >>> from collapse_probe import statistics
    >>> far_apart = 1000 * torch.eye(4)
    >>> round(statistics.vendi_score(generated=far_apart[[0, 0, 1, 1]], real=far_apart), 6)  # two kinds, equally often
    2.0
    """

    order: int | float = 1
    kernel: str = "rbf"
    """Or "cosine"."""
    bandwidth: float = 0.2
    """In median distances between real samples."""
    reference_rows: int = 1024
    relative_error: float = 0.0
    """Standard error, as a share of the score, to which order 1 with "rbf" may be estimated; 0 finds the spectrum."""
    seed: int = 0

    unit: ClassVar[str] = "samples"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "reference"
    online: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not self.order >= 1:
            raise InvalidArgument(
                f"order is {self.order}; expected 1 or more, math.inf included: below 1 rounding would count as variety"
            )
        if self.kernel not in ("rbf", "cosine"):
            raise InvalidArgument(f"kernel is {self.kernel!r}; expected 'rbf' or 'cosine'")
        if not self.bandwidth > 0:
            raise InvalidArgument(f"bandwidth is {self.bandwidth}; expected a share of the median distance, above 0")

        if not 0 <= self.relative_error < 1:
            raise InvalidArgument(f"relative_error is {self.relative_error}; expected 0, or a share such as 0.001")

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        if self.kernel == "cosine":
            return {}
        center = center_of(real)
        squared, _ = squared_bandwidth_of(
            real.double() - center, self.bandwidth, most_rows=self.reference_rows, seed=self.seed
        )
        return {"center": center, "squared_bandwidth": squared}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        if not is_finite(generated):
            return math.nan
        if self.kernel == "cosine":
            rows = unit_rows(generated.double())
            if self.order == 2:
                return float(1 / mean_squared_product(rows))
            return _effective(linear_spectrum(rows), self.order)
        squared = state["squared_bandwidth"]
        if not float(squared) > 0:
            return math.nan
        rows = generated.double() - state["center"]
        if self.order == 2:
            return float(1 / mean_squared_kernel(rows, squared))
        if self.order == 1 and self.relative_error > 0:
            entropy = estimated_entropy(rows, squared, self.relative_error, self.seed)
            if entropy is not None:
                return math.exp(entropy)
        return _effective(gaussian_spectrum(rows, squared), self.order)


def _effective(spectrum: Float[Tensor, " r"], order: int | float) -> float:
    """exp of the Renyi entropy of that order."""
    shares = spectrum.clamp(min=0)
    shares = shares / shares.sum()
    if order == 1:
        return math.exp(-float(torch.special.xlogy(shares, shares).sum()))
    if math.isinf(order):
        return float(1 / shares.amax())
    return math.pow(float(shares.pow(order).sum()), 1 / (1 - order))
