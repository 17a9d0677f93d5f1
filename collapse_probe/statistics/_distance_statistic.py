"""The contract of a statistic that sums up how far generated samples lie from each other."""

import abc
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..errors import InvalidArgument
from ._base import AbstractStatistic, State
from ._distances import center_of, is_finite, row_blocks, subsample
from ._kernels import unit_rows


@dataclass(frozen=True)
class AbstractDistanceStatistic(AbstractStatistic):
    """A reading of the distances between the samples of a batch. A member implements `summarise`.

    `metric` is "euclidean", or "cosine" for 1 - cos of the angle between rows as they are, so that an offset counts.
    With `relative` the value is divided by what as many real samples score.
    """

    metric: str = "euclidean"
    relative: bool = False
    reference_rows: int = 2048
    """Real samples that are looked at, with `relative`."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.metric not in ("euclidean", "cosine"):
            raise InvalidArgument(f"metric is {self.metric!r}; expected 'euclidean' or 'cosine'")

    @abc.abstractmethod
    def summarise(self, rows: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
        """The value of two rows or more."""

    def profile(self, rows: Float[Tensor, "m d"]) -> Float[Tensor, "..."]:
        """What is kept of real rows to compare with."""
        return self.summarise(rows)

    def paired(
        self, rows: Float[Tensor, "n d"], profile: Float[Tensor, "..."]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """The value of the rows, and that of as many real ones, from their profile."""
        return self.summarise(rows), profile

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        state = {"center": center_of(real)}
        if self.relative:
            state["profile"] = self.profile(self._points(subsample(real, self.reference_rows, self.seed), state))
        return state

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        if len(generated) < 2 or not is_finite(generated):
            return math.nan
        rows = self._points(generated, state)
        if not self.relative:
            return float(self.summarise(rows))
        own, real = map(float, self.paired(rows, state["profile"]))
        return own / real if real > 0 else math.nan

    def distances(self, differences: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Distances from those between points: for unit vectors, 1 - cos = |u - v|^2 / 2."""
        return differences.square() / 2 if self.metric == "cosine" else differences

    def _points(self, sample: Float[Tensor, "n d"], state: State) -> Float[Tensor, "n columns"]:
        return unit_rows(sample.double()) if self.metric == "cosine" else sample.double() - state["center"]


def pair_distances(rows: Float[Tensor, "n d"]) -> Iterator[Float[Tensor, " pairs"]]:
    """The Euclidean distance of each pair of different rows, once, by blocks of 8 MB.

    From differences: no square is expanded, and equal rows are at distance 0.
    """
    for block in row_blocks(len(rows), len(rows)):
        yield torch.pdist(rows[block])
        later = rows[block.stop :]
        if len(later):
            yield torch.cdist(rows[block], later, compute_mode="donot_use_mm_for_euclid_dist").flatten()


def lower_median(parts: Callable[[], Iterable[Float[Tensor, " k"]]], count: int) -> Float[Tensor, ""]:
    """The smallest of `count` non-negative float64 values that at least half of them do not exceed.

    Found 16 bits at a time, in four passes over the parts: doubles that are not negative sort as their bits do.
    """
    rank, prefix = (count - 1) // 2, 0
    for shift in (48, 32, 16, 0):
        tallies = []
        for part in parts():
            leading = part.view(torch.int64) >> shift
            tallies.append(torch.bincount(leading[leading >> 16 == prefix] & 0xFFFF, minlength=1 << 16))
        below = torch.stack(tallies).sum(dim=0).cumsum(dim=0)
        digit = int((below <= rank).sum())
        rank -= int(below[digit - 1]) if digit else 0
        prefix = prefix << 16 | digit
    return torch.tensor(prefix).view(torch.float64)
