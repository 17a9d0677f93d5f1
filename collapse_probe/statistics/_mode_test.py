"""The contract of a statistic that tests counts by mode against those of real data."""

from dataclasses import dataclass

import torch
from jaxtyping import Shaped
from torch import Tensor

from ._base import State
from ._chance import Tails, tails
from ._distances import halves
from ._mode_statistic import AbstractModeStatistic, ModeCounts


@dataclass(frozen=True)
class AbstractModeTest(AbstractModeStatistic):
    """A test of each mode: could real data have given these counts?

    Modes that are to be found in the real data are found in one half of them, and counted in the other: the samples
    that a mode was fitted on are too close to it. Known modes are counted in all.
    """

    seed: int = 0

    def fit(self, real: Shaped[Tensor, "m ..."]) -> State:
        found_in, counted_in = halves(real, self.seed) if self.modes is None else (real, real)
        state = super().fit(found_in)
        counts = self.count(counted_in, self._modes_of(state))
        total = torch.tensor(len(counted_in), dtype=torch.float64, device=real.device)
        return state | {"real_counts": counts.trusted, "real_samples": total}

    def tails(self, counts: ModeCounts) -> Tails:
        """One-sided p-values for each mode; a sample of low quality is in none."""
        if counts.real is None:
            raise ValueError("these counts know of no real data")  # a state that `fit` did not make
        return tails(counts.trusted, counts.samples, counts.real, counts.real_samples)
