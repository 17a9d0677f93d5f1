"""Effective number of regions of the real data that a batch visits."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

from jaxtyping import Float
from torch import Tensor

from ._base import AbstractStatistic, State
from ._cells import effective_cells, fit_cells
from ._distances import center_of, is_finite


@final
@dataclass(frozen=True)
class Occupancy(AbstractStatistic):
    """How many of the regions of the real data the generator visits, as an effective number of k-means cells.

    Cells are fitted on real data; exp of the entropy of the counts per cell is averaged over a few fits. It asks
    where samples fall rather than how far apart they are, and so tells an immature generator of images
    from a collapsed one far better than distances do. Strong loss of contrast still empties outer cells: read it with
    `matched_occupancy`.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: exp(mean over fits of H), H = -sum_c q_c ln q_c with 0 ln 0 = 0, q_c = share of the generated samples whose
        nearest k-means centre is c; centres frozen from real data.
    Unit: cells, from 1 to `cells`; more is better, as far as real batches of the same size score.
    Undefined: NaN where a value is not finite. With fewer distinct real rows than `cells` there are fewer cells.
    Cost: n d cells fits; below 1 ms for n = 256, d = 64, after some 0.1 s in `fit`.
    Source: binning by k-means as in Richardson and Weiss, NDB, NeurIPS 2018,
        https://arxiv.org/abs/1805.12462; entropy in place of a test per bin.

    >>> import torch
    >>> from collapse_probe import statistics
    >>> corners = torch.tensor([[0.0, 0.0], [0.0, 9.0], [9.0, 0.0], [9.0, 9.0]])
    >>> round(statistics.occupancy(generated=corners[:2], real=corners), 6)  # 2 of 4 cells, equally often
    2.0
    """

    cells: int = 20
    fits: int = 5

    unit: ClassVar[str] = "cells"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "high"

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        return {"center": center, "cells": fit_cells(real.double() - center, self.cells, self.fits)}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        if not is_finite(generated):
            return math.nan
        return effective_cells(generated.double() - state["center"], state["cells"])
