"""Jensen-Shannon divergence over modes."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

from ._chance import jensen_shannon
from ._mode_statistic import AbstractModeStatistic, ModeCounts


@final
@dataclass(frozen=True)
class JensenShannon(AbstractModeStatistic):
    """How unevenly the generator uses the modes, against the shares that real data have, on a scale that is bounded.

    Unlike `reverse_kl` it also stays finite where real data have a mode that is next to empty, and it is symmetric.
    A perfect generator scores about (k - 1) / (8 n) where the real shares are known, not 0.

    Shapes: generated (n, d), real (m, d), or (n, ...) and (m, ...) with a classifier; a float.
    Formula: sum_k q_k ln(q_k / m_k) / 2 + sum_k p_k ln(p_k / m_k) / 2, m = (p + q) / 2, 0 ln 0 = 0, q_k = share of mode
        k among the generated samples of high quality, p_k = its share in real data, frozen.
    Unit: nats, from 0 to ln 2; less is better, as far as real batches of the same size score.
    Undefined: NaN where a value is not finite. ln 2 where no sample is of high quality.
    Cost: n k d; below 1 ms for n = 256. Fitting a mixture on 1024 rows takes about a second.
    Source: Lin, IEEE Transactions on Information Theory 1991, https://doi.org/10.1109/18.61115.

    >>> from collapse_probe import statistics, toy
    >>> pair = toy.ring(2)
    >>> batch = pair.centers[[0, 0]]  # (1, 0) against (1/2, 1/2): ln(4/3) / 2 + ln(2/3) / 4 + ln(2) / 4
    >>> round(statistics.jensen_shannon(generated=batch, real=pair.sample(100), modes=pair), 4)
    0.2158
    """

    unit: ClassVar[str] = "nats"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "low"
    online: ClassVar[bool] = False

    def summarise(self, counts: ModeCounts) -> float:
        total = counts.compared.sum()
        return math.log(2) if total == 0 else jensen_shannon(counts.compared / total, counts.shares)
