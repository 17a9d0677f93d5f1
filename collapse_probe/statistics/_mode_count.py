"""Number of modes captured."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

from ._mode_statistic import AbstractModeStatistic, ModeCounts


@final
@dataclass(frozen=True)
class ModeCount(AbstractModeStatistic):
    """How many modes of the real data the generator captures.

    A mode counts as captured once it holds at least `min_share` of the samples that a perfect generator would put
    there, and at least `min_count`, all within 3 standard deviations (in 2-D; as unlikely a distance
    otherwise). The published rule is one sample, `min_share=0`: by it uniform noise over the 25-mode grid captures 22.

    Shapes: generated (n, d), real (m, d), or (n, ...) and (m, ...) with a classifier; a float.
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

    min_share: float = 0.1
    """Of the samples that the mode would hold if the batch were as real data; 0 for the published rule."""
    min_count: int = 1

    unit: ClassVar[str] = "modes"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "high"

    def summarise(self, counts: ModeCounts) -> float:
        needed = (self.min_share * counts.samples * counts.shares).clamp(min=self.min_count)
        return float((counts.trusted >= needed).sum())
