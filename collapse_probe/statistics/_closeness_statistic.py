"""The contract of a statistic that asks which samples are too near to each other."""

import abc
import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int32
from torch import Tensor

from ..errors import InvalidArgument
from ._base import AbstractStatistic, State
from ._distances import TIES, center_of, exact_blocks, is_finite, squared_blocks, subsample

REFERENCE_ROWS = 1024


@dataclass(frozen=True)
class AbstractClosenessStatistic(AbstractStatistic):
    """A reading of how many others lie near each sample. A member implements `summarise`.

    Near is what a share `level` of up to 1,024 real samples has a neighbour within: a distance frozen with them.
    """

    level: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.level <= 1:
            raise InvalidArgument(f"level is {self.level}; expected a share of real samples, above 0 and at most 1")

    @abc.abstractmethod
    def summarise(self, neighbours: Int32[Tensor, " n"]) -> float:
        """The value, from how many others lie near each sample."""

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        rows = subsample(real, REFERENCE_ROWS, self.seed).double() - center
        nearest = torch.cat([block.topk(2, dim=1, largest=False).values[:, 1] for block in exact_blocks(rows, rows)])
        threshold = nearest.kthvalue(math.ceil(self.level * len(nearest))).values
        return {"center": center, "squared_threshold": threshold.square()}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        if len(generated) < 2 or not is_finite(generated):
            return math.nan
        rows = generated.double() - state["center"]
        counts = [
            (squared <= state["squared_threshold"]).sum(dim=1, dtype=torch.int32)
            for _, squared in squared_blocks(rows, rows, slack=TIES)
        ]
        # All but the sample itself.
        return self.summarise(torch.cat(counts) - 1)
