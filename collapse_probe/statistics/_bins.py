"""The contract of a statistic that compares counts by k-means bin."""

import abc
import math
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ._base import AbstractStatistic, State
from ._cells import cell_counts, fit_cells
from ._distances import center_of, halves, is_finite

FEWEST_EXPECTED = 5
"""Real samples in a bin, on average."""


@dataclass(frozen=True)
class BinCounts:
    """A batch and real data, counted by bin."""

    generated: Float[Tensor, " k"]
    samples: int
    real: Float[Tensor, " k"]
    real_samples: int


@dataclass(frozen=True)
class AbstractBinStatistic(AbstractStatistic):
    """A reading of counts by bin. A member implements `summarise`.

    Bins are fitted on one half of the real data and counted in the other. Counted where they were fitted, real data
    would look more evenly spread than fresh real data do, and the comparison would be neither independent nor fair.
    """

    bins: int = 100
    """Fewer where real data do not fill them: a bin holds at least 5 real samples on average."""
    seed: int = 0

    @abc.abstractmethod
    def summarise(self, counts: BinCounts) -> float:
        """The value, from the counts."""

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        found_in, counted_in = halves(real.double() - center, self.seed)
        bins = max(1, min(self.bins, len(counted_in) // FEWEST_EXPECTED))
        cells = fit_cells(found_in, bins, 1)
        return {"center": center, "cells": cells, "real_counts": cell_counts(counted_in, cells)[0]}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        if not is_finite(generated):
            return math.nan
        real = state["real_counts"]
        counts = cell_counts(generated.double() - state["center"], state["cells"])[0]
        return self.summarise(BinCounts(counts, len(generated), real, int(real.sum())))
