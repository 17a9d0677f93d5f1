"""Number of modes that are missing beyond chance."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

from ._chance import Correction, significant
from ._mode_statistic import ModeCounts
from ._mode_test import AbstractModeTest


@final
@dataclass(frozen=True)
class MissingModes(AbstractModeTest):
    """How many modes of the real data hold fewer generated samples than real-against-real chance explains.

    The honest form of counting modes: no threshold on samples, and the chance that a perfect generator is said to miss
    any mode is at most `level`. A mode that is there, at a smaller share, counts once there are samples enough to tell:
    of k equal modes one that is empty is told from about k ln(k / level) samples on, 41 for the ring of 8, 155 for
    the grid of 25 and 9,900 for 1,000 modes, if there are many more real ones. Noise that hits every mode a little
    misses all of them.

    Shapes: generated (n, d), real (m, d), or (n, ...) and (m, ...) with a classifier; a float.
    Formula: sum_k 1[P(C <= c_k) <= level / K], c_k = samples of high quality in mode k of K, C hypergeometric: how many
        of the c_k + r_k generated and real ones of mode k are among n of all n + m; modes and r_k frozen from real
        data.
    Unit: modes, from 0 to k; less is better.
    Undefined: NaN where a value is not finite.
    Cost: n k d and a test per mode, some ms. Fitting a mixture on 1024 rows takes about a second.
    Source: Fisher's exact test of each mode; several of them after Bonferroni, or Benjamini and Hochberg, Journal of
        the Royal Statistical Society B 1995, https://doi.org/10.1111/j.2517-6161.1995.tb02031.x.

    >>> from collapse_probe import statistics, toy
    >>> ring = toy.ring(8)
    >>> batch = ring.centers[[0, 1, 2, 3, 4, 5]].repeat(100, 1)  # two modes are empty
    >>> statistics.missing_modes(generated=batch, real=ring.centers.repeat(100, 1), modes=ring)
    2.0
    """

    level: float = 0.05
    correction: Correction = "bonferroni"

    unit: ClassVar[str] = "modes"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "low"
    online: ClassVar[bool] = False

    def summarise(self, counts: ModeCounts) -> float:
        return float(significant(self.tails(counts).few, self.level, self.correction).sum())
