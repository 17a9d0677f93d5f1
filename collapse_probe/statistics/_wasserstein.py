"""Wasserstein distance, exact."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from ..errors import InvalidArgument
from ._assignment import pair_up
from ._base import AbstractStatistic, State
from ._distances import canonical, center_of, exact_blocks, is_finite, sum_over_pairs
from ._normalisation import check_normalisation
from ._quantiles import mean_power_gap, sorted_rows


@final
@dataclass(frozen=True)
class Wasserstein(AbstractStatistic):
    """How far generated samples must be moved on average, at the least, to become the real ones.

    (min over plans of the mean of |x - y|^order)^(1 / order), as a root, not as a cost. Exact, by pairing the samples,
    on a collapsed batch too. Samples of two sizes are repeated up to their least common multiple; where that is more
    than `rows`, the larger sample is cut to a whole multiple of the smaller one first, and any sample beyond `rows` to
    `rows`, both by `seed`. In one dimension quantile functions take the place of pairs: all samples, any sizes.
    `normalize` divides by
    - "largest_distance": that between a generated and a real sample; from 0 to 1;
    - "mean_transport": what moving each sample to any real one would cost, the root of the mean of |x - y|^order
      over all pairs; from 0 to 1, where 1 is no better than that;
    - "total_mass": that of a sample is 1, so this leaves it as it is; see `wasserstein_histogram` for masses.
    Two samples of one law do not score 0, far from it in many dimensions: compare with real against real.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: (min over permutations π of (1 / k) sum_i |y_i - x_π(i)|^p)^(1 / p), p = `order`, k = least common multiple
        of n and m, to which both are repeated; x frozen.
    Unit: that of the data, or a share if normalised; less is better, as far as real batches of the same size score.
    Undefined: NaN where a value is not finite, or where normalising would divide 0 by 0.
    Cost: up to k^3 for k pairs, on the CPU: 0.1 s for 1,000, 0.7 s for 2,500, 3 s for 5,000; 8 k^2 bytes and half more.
    Source: Peyré and Cuturi, Computational Optimal Transport, 2019, https://arxiv.org/abs/1803.00567.

    >>> from collapse_probe import statistics
    >>> square = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> statistics.wasserstein(generated=square + torch.tensor([3.0, 4.0]), real=square)
    5.0
    """

    order: float = 2.0
    normalize: str | None = None
    rows: int = 5000
    seed: int = 0

    unit: ClassVar[str] = "data units"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "low"
    online: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_normalisation(self.normalize)
        if not 1 <= self.order < math.inf:
            raise InvalidArgument(f"order is {self.order}; expected a number of at least 1, e.g. 2")

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        return {"center": center, "real": canonical(real.double() - center)}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        real = state["real"]
        if not is_finite(generated) or not is_finite(real):
            return math.nan
        rows = canonical(generated.double() - state["center"])
        distance: float = self._mean_cost(rows, real) ** (1 / self.order)
        return distance if self.normalize in (None, "total_mass") else distance / self._scale(rows, real)

    def _mean_cost(self, generated: Float[Tensor, "n d"], real: Float[Tensor, "m d"]) -> float:
        if generated.shape[1] == 1:
            return float(mean_power_gap(sorted_rows(generated.T), sorted_rows(real.T), self.order))
        first, second = self._of_one_size(generated, real)
        partners = torch.from_numpy(pair_up(first.cpu().numpy(), second.cpu().numpy(), self.order))
        # From differences: the expanded square would not give 0 for equal points.
        return float((first - second[partners.to(second.device)]).norm(dim=1).pow(self.order).mean())

    def _of_one_size(self, generated: Tensor, real: Tensor) -> tuple[Float[Tensor, "k d"], Float[Tensor, "k d"]]:
        # In random order even if nothing is left out: pairing is slower by half if neighbours are placed one by one.
        first, second = (_drawn(sample, self.rows, self.seed) for sample in (generated, real))
        if math.lcm(len(first), len(second)) > self.rows:
            small, large = sorted((len(first), len(second)))
            first, second = (part[: large // small * small] for part in (first, second))
        size = math.lcm(len(first), len(second))
        return first.repeat_interleave(size // len(first), 0), second.repeat_interleave(size // len(second), 0)

    def _scale(self, generated: Float[Tensor, "n d"], real: Float[Tensor, "m d"]) -> float:
        if self.normalize == "largest_distance":
            scale = max(float(block.max()) for block in exact_blocks(generated, real))
        else:
            total = sum_over_pairs(generated, real, lambda squares: squares.pow(self.order / 2))
            scale = (float(total) / (len(generated) * len(real))) ** (1 / self.order)
        return scale or math.nan


def _drawn(sample: Float[Tensor, "m d"], rows: int, seed: int) -> Float[Tensor, "k d"]:
    generator = torch.Generator().manual_seed(seed)
    return sample[torch.randperm(len(sample), generator=generator)[:rows].to(sample.device)]
