"""How unlikely each mode's count is for real data."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from ._mode_statistic import ModeCounts
from ._mode_test import AbstractModeTest


@final
@dataclass(frozen=True)
class ModeScores(AbstractModeTest):
    """How far each mode's share is from that of real data, in standard errors of chance: below 0 it is too small.

    Scores of an exact test of the counts of high quality, generated against real, so that empty modes and small counts
    are judged rightly; real data score as a standard normal at most. Modes are as many tests: over 25 of them chance
    goes beyond 3 once in 15 batches. `missing_modes` allows for that.

    Shapes: generated (n, d), real (m, d), or (n, ...) and (m, ...) with a classifier; a vector (k,).
    Formula: z_k = Φ^-1(P(C <= c_k)) where P(C <= c_k) <= P(C >= c_k), else -Φ^-1(P(C >= c_k)), 0 where both exceed 1/2;
        c_k = samples of high quality in mode k, C hypergeometric: how many of the c_k + r_k generated and real ones of
        mode k are among n of all n + m; modes and r_k frozen from real data.
    Unit: standard normal score, from -37 to 37; 0 is as real data.
    Undefined: NaN in every part where a value is not finite.
    Cost: n k d and a test per mode, some ms. Fitting a mixture on 1024 rows takes about a second.
    Source: Fisher's exact test, as in The Design of Experiments, 1935; the rule per bin with a normal approximation is
        that of Richardson and Weiss, NDB, NeurIPS 2018, https://arxiv.org/abs/1805.12462.

    >>> from collapse_probe import statistics, toy
    >>> pair = toy.ring(2)
    >>> few, many = pair.centers[[0, 1, 1, 1, 1, 1]], pair.centers[[0, 0, 0, 0, 0, 1]]
    >>> statistics.mode_scores(generated=few, real=many, modes=pair)  # the normal score of p = 37/924
    tensor([-1.7502,  1.7502], dtype=torch.float64)
    """

    unit: ClassVar[str] = "score"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "reference"
    part: ClassVar[str] = "mode"
    online: ClassVar[bool] = False

    def summarise(self, counts: ModeCounts) -> Float[Tensor, " k"]:
        return self.tails(counts).scores

    def undefined(self, modes: int) -> Float[Tensor, " k"]:
        return torch.full((modes,), math.nan, dtype=torch.float64)
