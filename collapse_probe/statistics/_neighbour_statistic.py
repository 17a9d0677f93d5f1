"""The contract of a statistic that looks at the nearest neighbours of real samples."""

import abc
import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int32
from torch import Tensor

from ..errors import InvalidArgument
from ._base import AbstractStatistic, State
from ._distances import TIES, center_of, is_finite, squared_blocks
from ._neighbours import close_pairs, nearest


@dataclass(frozen=True)
class AbstractNeighbourStatistic(AbstractStatistic):
    """A reading of which samples lie in whose balls, a ball reaching from a sample to its `k`-th neighbour.

    Balls are closed. Some implementations leave the rim out: all four measures are 0 then for data with ties.
    """

    k: int = 5

    def __post_init__(self) -> None:
        check_rank(self.k)

    @abc.abstractmethod
    def compare(
        self, generated: Float[Tensor, "n d"], real: Float[Tensor, "m d"], squared_radii: Float[Tensor, " m"]
    ) -> float | Float[Tensor, " parts"]:
        """The value, from samples around one centre and the squared radii of the real ones."""

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        rows = real.double() - center
        return {"center": center, "real": rows, "squared_radii": squared_radii_of(rows, self.k)}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float | Float[Tensor, " parts"]:
        if len(state["real"]) <= self.k or not is_finite(generated):
            return self.undefined()
        return self.compare(generated.double() - state["center"], state["real"], state["squared_radii"])

    def undefined(self) -> float | Float[Tensor, " parts"]:
        """The value where there are too few real samples, or where a generated one is not finite."""
        return math.nan


def check_rank(k: int) -> None:
    """Raises `InvalidArgument` for what is not the rank of a neighbour."""
    if k < 1:
        raise InvalidArgument(f"k is {k}; expected the rank of a neighbour, 1 or more")


def squared_radii_of(rows: Float[Tensor, "m d"], k: int) -> Float[Tensor, " m"]:
    """Squared distance of each row to its k-th neighbour; NaN for k or fewer rows."""
    # The nearest of all is the row itself.
    return nearest(rows, rows, k + 1) if len(rows) > k else rows.new_full((len(rows),), math.nan)


@dataclass(frozen=True)
class Inside:
    """Which points lie in which balls, summed up."""

    counts: Int32[Tensor, " n"]
    """How many balls around the centres hold each point."""
    hit: Bool[Tensor, " m"]
    """Whether the ball around each centre holds any point."""
    held: Bool[Tensor, " m"]
    """Whether each centre lies in any ball around a point; false where the points have no balls."""


def inside(
    points: Float[Tensor, "n d"],
    centers: Float[Tensor, "m d"],
    *,
    squared_radii: Float[Tensor, " m"],
    own_squared_radii: Float[Tensor, " n"] | None = None,
) -> Inside:
    """One pass over all pairs; balls are closed, and have radii around the centres or, if given, around the points."""
    counts = torch.zeros(len(points), dtype=torch.int32, device=points.device)
    hit, held = torch.zeros(2, len(centers), dtype=torch.bool, device=centers.device).unbind()
    done = 0
    for rows, left, right, squared in close_pairs(points, centers, squared_radii, own_squared_radii):
        in_ball = squared <= squared_radii[right]
        counts[rows] = left[in_ball].bincount(minlength=rows.stop - rows.start).int()
        hit[right[in_ball]] = True
        if own_squared_radii is not None:
            held[right[squared <= own_squared_radii[rows][left]]] = True
        done = rows.stop
    if done < len(points):
        own = None if own_squared_radii is None else own_squared_radii[done:]
        _add_dense(Inside(counts[done:], hit, held), points[done:], centers, radii=squared_radii, own_radii=own)
    return Inside(counts, hit, held)


def _add_dense(to: Inside, points: Tensor, centers: Tensor, *, radii: Tensor, own_radii: Tensor | None) -> None:
    for rows, squared in squared_blocks(points, centers, slack=TIES):
        in_ball = squared <= radii
        to.counts[rows] = in_ball.sum(dim=1, dtype=torch.int32)
        to.hit.logical_or_(_any_row(in_ball))
        if own_radii is not None:
            to.held.logical_or_(_any_row(squared <= own_radii[rows, None]))


def _any_row(matrix: Bool[Tensor, "n m"]) -> Bool[Tensor, " m"]:
    # any(dim=0), which takes fifteen times as long on a CPU.
    return matrix.view(torch.uint8).amax(dim=0).view(torch.bool)


def expected_coverage(n: int, m: int, k: int) -> float:
    """Mean coverage of m real by n generated samples when both follow one continuous law."""
    return 1 - math.prod((m - i) / (n + m - i) for i in range(1, k + 1))
