"""Number of modes captured."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

from ._mode_statistic import AbstractModeStatistic, ModeCounts


@final
@dataclass(frozen=True)
class ModeCount(AbstractModeStatistic):
    """How many modes of the real data the generator captures.

    A mode counts as captured once it holds a tenth (`min_share`) of the samples that a perfect generator would put
    there, and at least one (`min_count`), all within 3 standard deviations (in 2-D; as unlikely a distance
    otherwise). The published rules, by name in `protocol`, ask for one sample: by them uniform noise over the 25-mode
    grid captures 22. Whether a mode is missing more than chance explains, `missing_modes` tells.

    Shapes: generated (n, d), real (m, d), or (n, ...) and (m, ...) with a classifier; a float.
    Formula: sum_k 1[c_k >= max(min_count, min_share n p_k)], p_k = share of mode k in real data, c_k = samples whose
        most likely mode is k with (y - μ_k)' S_k^-1 (y - μ_k) < r^2, r = 3 in 2-D; all but c_k frozen.
    Unit: modes, from 0 to k; more is better, as far as real batches of the same size score.
    Undefined: NaN where a value is not finite. Under a classifier every sample counts as near enough.
    Cost: n k d; below 1 ms for n = 256. Fitting a mixture on 1024 rows takes about a second.
    Source: Srivastava et al., VEEGAN, 2017, https://arxiv.org/abs/1705.07761, with a threshold of
        our own.

    >>> from collapse_probe import statistics, toy
    >>> ring = toy.ring(8)
    >>> batch = ring.centers[[0, 0, 3, 3]]
    >>> statistics.mode_count(generated=batch, real=ring.sample(100), modes=ring)
    2.0
    """

    min_share: float | None = None
    """Of the samples that the mode would hold if the batch were as real data; None: as the protocol says."""
    min_count: int | None = None
    """None: as the protocol says."""

    unit: ClassVar[str] = "modes"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "high"

    def summarise(self, counts: ModeCounts) -> float:
        min_share = counts.protocol.min_share if self.min_share is None else self.min_share
        min_count = counts.protocol.min_count if self.min_count is None else self.min_count
        needed = (min_share * counts.samples * counts.shares).clamp(min=min_count)
        return float((counts.trusted >= needed).sum())
