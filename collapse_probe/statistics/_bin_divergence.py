"""Jensen-Shannon divergence between the bin shares of generated and real samples."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

from ._bins import AbstractBinStatistic, BinCounts
from ._chance import jensen_shannon


@final
@dataclass(frozen=True)
class BinDivergence(AbstractBinStatistic):
    """How differently generated and real samples are spread over the k-means bins of real data.

    The JS that is given beside NDB. It depends on how many samples there are: real data score about
    (k - 1) / 8 (1 / n + 1 / m), m being half of the real samples, which is 0.007 for 100 bins, n = 2,000 and 10,000
    counted ones, and 0.06 for n = 200. Compare at one n only. See `different_bins` for how bins are made.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: sum_b q_b ln(q_b / m_b) / 2 + sum_b p_b ln(p_b / m_b) / 2, m = (p + q) / 2, q and p = shares of bin b among
        generated and counted real samples, 0 ln 0 = 0; bins and p frozen from real data.
    Unit: nats, from 0 to ln 2; less is better, as far as real batches of the same size score.
    Undefined: NaN for an empty batch, or where a value is not finite.
    Cost: n d bins; some ms for n = 2500, d = 64; `fit` runs k-means on half of the real data.
    Source: Richardson and Weiss, NDB, NeurIPS 2018, https://arxiv.org/abs/1805.12462.

    >>> import torch
    >>> from collapse_probe import statistics
    >>> real = torch.tensor([[0.0], [9.0]]).repeat(100, 1)
    >>> statistics.bin_divergence(generated=real, real=torch.zeros(50, 1))  # there is one bin
    0.0
    """

    unit: ClassVar[str] = "nats"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "low"
    online: ClassVar[bool] = False

    def summarise(self, counts: BinCounts) -> float:
        if counts.samples == 0:
            return math.nan
        return jensen_shannon(counts.generated / counts.samples, counts.real / counts.real_samples)
