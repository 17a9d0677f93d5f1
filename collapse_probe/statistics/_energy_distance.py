"""Energy distance."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from ._base import AbstractStatistic, State
from ._distances import center_of, exact_blocks, is_finite


@final
@dataclass(frozen=True)
class EnergyDistance(AbstractStatistic):
    """How different two samples are, from distances alone: nothing to choose, neither bandwidth nor direction.

    2 E|x - y| - E|x - x'| - E|y - y'|, with the pairs of a sample with itself counted, so that it is never negative; 0
    only for equal laws. Two samples of one law score about (1 / n + 1 / m) E|x - x'|. A collapse raises it by the
    spread that is missing.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: (2 / (n m)) sum_{i, j} |y_i - x_j| - (1 / n^2) sum_{i, j} |y_i - y_j| - (1 / m^2) sum_{i, j} |x_i - x_j|; x
        and the last term frozen.
    Unit: that of the data; less is better, as far as real batches of the same size score.
    Undefined: NaN where a value is not finite.
    Cost: n (n + m) d, and m^2 d in `fit`; about a million pairs in memory.
    Source: Székely and Rizzo, Journal of Statistical Planning and Inference 2013,
        https://doi.org/10.1016/j.jspi.2013.03.018.

    >>> from collapse_probe import statistics
    >>> real = torch.tensor([[0.0], [4.0]])
    >>> statistics.energy_distance(generated=torch.zeros(2, 1), real=real)  # 4 - 0 - 2
    2.0
    """

    unit: ClassVar[str] = "data units"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "low"
    online: ClassVar[bool] = False

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        rows = real.double() - center
        return {"center": center, "real": rows, "real_mean_distance": _mean_distance(rows, rows)}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        if not is_finite(generated):
            return math.nan
        rows = generated.double() - state["center"]
        across = _mean_distance(rows, state["real"])
        value = float(2 * across - _mean_distance(rows, rows) - state["real_mean_distance"])
        # Rounding may leave it a hair below 0.
        return max(0.0, value) if math.isfinite(value) else math.nan


def _mean_distance(first: Float[Tensor, "n d"], second: Float[Tensor, "m d"]) -> Float[Tensor, ""]:
    """From differences: an expanded square leaves 1e-8 between equal points, whose pairs are most of a collapse."""
    return torch.stack([block.sum() for block in exact_blocks(first, second)]).sum() / (len(first) * len(second))
