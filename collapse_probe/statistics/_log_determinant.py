"""Log-determinant of the covariance, against that of real data."""

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
class LogDeterminant(AbstractStatistic):
    """How much larger the volume is that generated samples fill than that of real ones, as a logarithm.

    log det(S + r I) - log det(S_real + r I), where r is `ridge` times the mean variance of the real data. With r it is
    defined for fewer samples than dimensions, and a direction that is lost costs at most its real variance over r.
    With fewer samples than dimensions it is negative for real data too: compare at equal n.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: ln det(S_y + r I) - ln det(S_x + r I), covariances over n - 1 and m - 1, r = ridge tr(S_x) / d; S_x and r
        frozen.
    Unit: nats; 0 fills as much as real data, a lost direction takes away up to ln of its variance over r, noise adds.
    Undefined: NaN where all real samples coincide, for fewer than 2 rows, or where a value is not finite.
    Cost: n d min(n, d); d^2 numbers in memory at most.
    Source: twice the difference in entropy of two Gaussians: Cover and Thomas, Elements of Information Theory, 2006,
        https://doi.org/10.1002/047174882X.

    >>> from collapse_probe import statistics
    >>> square = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    >>> round(statistics.log_determinant(generated=3 * square, real=square, ridge=0.0), 4)  # 2 ln 9
    4.3944
    >>> flat = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]])
    >>> round(statistics.log_determinant(generated=flat, real=square), 4)  # ln(0.01 / 1.01)
    -4.6151
    """

    ridge: float = 0.01

    unit: ClassVar[str] = "nats"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "reference"
    online: ClassVar[bool] = False

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        rows = real.double() - center
        ridge = self.ridge * rows.square().sum() / (max(1, len(rows) - 1) * rows.shape[1])
        undefined = len(real) < 2 or not bool(rows.any()) or not is_finite(real)
        volume = rows.new_tensor(math.nan) if undefined else _log_determinant(rows, ridge)
        return {"center": center, "ridge": ridge, "real_volume": volume}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        if len(generated) < 2 or not is_finite(generated) or not math.isfinite(state["real_volume"]):
            return math.nan
        rows = generated.double() - state["center"]
        return float(_log_determinant(rows - rows.mean(dim=0), state["ridge"]) - state["real_volume"])


def _log_determinant(rows: Float[Tensor, "n d"], ridge: Float[Tensor, ""]) -> Float[Tensor, ""]:
    """Of the covariance plus a ridge: the missing dimensions of a small sample hold the ridge alone."""
    variances = torch.linalg.svdvals(rows).square() / (len(rows) - 1)
    missing = rows.shape[1] - len(variances)
    bare: Tensor = torch.special.xlogy(missing, ridge)
    known: Tensor = (variances + ridge).log().sum()
    return known + bare
