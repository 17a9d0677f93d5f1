"""NDB, the number of statistically different bins."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

from ._bins import AbstractBinStatistic, BinCounts
from ._chance import Correction, significant, tails


@final
@dataclass(frozen=True)
class DifferentBins(AbstractBinStatistic):
    """In what share of the k-means bins of real data generated and real samples differ by more than chance explains.

    NDB, with statistics that hold: bins are fitted on one half of the real data and counted in the other, the test of
    a bin is exact, so that empty bins and small counts are judged rightly, and their number is allowed for: with
    probability 1 - `level` real data score 0. `correction="none"` is the published rule, by which they score `level`.
    A mode that is lost shows, and so does anything else that moves samples to other bins, pale colours too: low is
    good, high need not be a collapse. What moves samples within their bins is not seen.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: (1 / K) sum_b 1[p_b <= level / K], p_b = min(1, 2 P(C <= c_b), 2 P(C >= c_b)), c_b = generated samples in
        bin b, C hypergeometric: how many of the c_b + r_b samples of bin b are among n of all n + r, r being the
        counted real ones; bins and r_b frozen from real data.
    Unit: share of bins from 0 to 1 (NDB / K); less is better.
    Undefined: NaN where a value is not finite.
    Cost: n d bins, and a test per bin: some ms for n = 2500, d = 64; `fit` runs k-means on half of the real data.
    Source: Richardson and Weiss, NDB, NeurIPS 2018, https://arxiv.org/abs/1805.12462; there bins are both fitted and
        counted in all training data, each tested by a normal approximation at 0.05.

    >>> import torch
    >>> from collapse_probe import statistics
    >>> pair = torch.tensor([[0.0], [9.0]]).repeat(100, 1)
    >>> one = torch.zeros(100, 1)
    >>> statistics.different_bins(generated=one, real=pair), statistics.different_bins(generated=pair, real=pair)
    (1.0, 0.0)
    """

    level: float = 0.05
    correction: Correction = "bonferroni"

    unit: ClassVar[str] = "share of bins"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "low"
    online: ClassVar[bool] = False

    def summarise(self, counts: BinCounts) -> float:
        p_values = tails(counts.generated, counts.samples, counts.real, counts.real_samples).either
        return float(significant(p_values, self.level, self.correction).double().mean())
