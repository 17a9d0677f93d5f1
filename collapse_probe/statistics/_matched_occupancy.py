"""Occupancy after the batch was given the mean and the variance of the real data."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from ._base import AbstractStatistic, State
from ._cells import effective_cells, fit_cells
from ._distances import center_of, is_finite


@final
@dataclass(frozen=True)
class MatchedOccupancy(AbstractStatistic):
    """How many regions of the real data a batch would visit if its brightness and contrast were right.

    The batch is shifted and scaled to the mean and the total variance of the real data before its cells are
    counted, so that a washed-out but varied generator scores as well as real data and a collapsed one does not. It is
    the guard of `occupancy`: low there and high here is immature, low in both is collapsed. Contrast is raised at most
    `most_gain` times: beyond that it would be the grain of one repeated picture that visits the cells.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: occupancy of min(s / s_y, most_gain) (y - mean y), s and s_y being the root mean square distance of real
        and of generated samples from their own mean; s and the cells are frozen from real data.
    Unit: cells, from 1 to `cells`; more is better, as far as real batches of the same size score.
    Undefined: NaN where the guard is blind, that is where a featureless round Gaussian with the mean and total
        variance of the real data scores at least `blind_from` of what they score themselves. That is so for
        most data in two or three dimensions: a blob in the middle covers every cell. NaN where a value is not finite.
    Cost: n d cells fits; about 1 ms for n = 256, d = 64, after some 0.2 s in `fit`.
    Source: Richardson and Weiss, NDB, NeurIPS 2018, https://arxiv.org/abs/1805.12462, for binning by
        k-means; moment matching and the test for blindness are our own.

    >>> from collapse_probe import statistics
    >>> line = torch.zeros(40, 100)
    >>> line[:, 0] = torch.arange(40)
    >>> washed_out = 0.25 * line + 5
    >>> round(statistics.matched_occupancy(generated=washed_out, real=line), 6)  # 40 cells, one sample in each
    40.0
    """

    cells: int = 50
    fits: int = 5
    most_gain: float = 5.0
    blind_from: float = 0.5
    seed: int = 0

    unit: ClassVar[str] = "cells"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "high"

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        rows = real.double() - center
        cells = fit_cells(rows, self.cells, self.fits)
        spread = _root_mean_square(rows)
        generator = torch.Generator().manual_seed(self.seed)
        blob = torch.randn(rows.shape, generator=generator, dtype=torch.float64).to(rows.device)
        blob_share = effective_cells(_matched(blob, spread, math.inf), cells) / effective_cells(rows, cells)
        return {"spread": spread, "cells": cells, "blob_share": torch.tensor(blob_share, dtype=torch.float64)}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        if float(state["blob_share"]) >= self.blind_from or not is_finite(generated):
            return math.nan
        return effective_cells(_matched(generated.double(), state["spread"], self.most_gain), state["cells"])


def _matched(sample: Float[Tensor, "n d"], spread: Float[Tensor, ""], most_gain: float) -> Float[Tensor, "n d"]:
    centered = sample - sample.mean(dim=0)
    own = _root_mean_square(centered)
    return centered * (spread / own).clamp(max=most_gain) if own > 0 else centered


def _root_mean_square(centered: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    return centered.square().sum(dim=1).mean().sqrt()
