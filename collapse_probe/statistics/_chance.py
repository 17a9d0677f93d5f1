"""Whether counts of generated samples differ from those of real ones by more than chance explains.

Every bin is asked by itself: given how many of all samples fell in it, real or generated, how unlikely is the split?
The law of that is hypergeometric whatever the shares (Fisher's exact test), so neither empty bins nor small counts
need care, at the price of a level that is kept rather than met.
"""

from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

Correction = Literal["bonferroni", "benjamini_hochberg", "none"]
_SMALLEST = 1e-300
"""Smaller p-values are no better known, and would make a score infinite."""


class Tails(NamedTuple):
    """One-sided p-values: of as few generated samples in each bin, and of as many."""

    few: Float[Tensor, " k"]
    many: Float[Tensor, " k"]

    @property
    def either(self) -> Float[Tensor, " k"]:
        """Two-sided."""
        return (2 * torch.minimum(self.few, self.many)).clamp(max=1)

    @property
    def scores(self) -> Float[Tensor, " k"]:
        """As standard normal scores, negative where samples are too few; 0 where neither tail is below a half."""
        smaller = torch.minimum(self.few, self.many).clamp(min=_SMALLEST, max=0.5)
        scores: Tensor = torch.special.ndtri(smaller) * torch.where(self.few <= self.many, 1.0, -1.0)
        return scores


def tails(generated: Float[Tensor, " k"], samples: int, real: Float[Tensor, " k"], real_samples: int) -> Tails:
    """Both tails of the exact test; `samples` are all of the sample, those in no bin included."""
    # Deferred: SciPy's distributions take a second to import.
    from scipy.stats import hypergeom

    ours, theirs = generated.cpu().numpy(), real.cpu().numpy()
    law = hypergeom(samples + real_samples, ours + theirs, samples)
    few, many = (torch.as_tensor(p, device=generated.device).double() for p in (law.cdf(ours), law.sf(ours - 1)))
    return Tails(few.clamp(0, 1), many.clamp(0, 1))


def significant(p_values: Float[Tensor, " k"], level: float, correction: Correction) -> Bool[Tensor, " k"]:
    """Which of several p-values are small, in view of their number.

    `bonferroni` bounds the chance of any false one by `level`, `benjamini_hochberg` the expected share of false ones.
    """
    k = len(p_values)
    if correction == "benjamini_hochberg":
        ordered, order = p_values.sort()
        passed = ordered <= level * torch.arange(1, k + 1, device=p_values.device) / k
        last = int(passed.nonzero().max()) if bool(passed.any()) else -1
        return torch.zeros_like(passed).index_fill_(0, order[: last + 1], True)
    return p_values <= (level / k if correction == "bonferroni" else level)


def jensen_shannon(first: Float[Tensor, " k"], second: Float[Tensor, " k"]) -> float:
    """Jensen-Shannon divergence in nats between shares that sum to 1, with 0 ln 0 = 0.

    Divergence and not distance: SciPy's function gives the root. Of two samples of one law, n and m large, it is
    (k - 1) / 8 (1 / n + 1 / m) on average.

    >>> round(jensen_shannon(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])), 4)  # ln 2, the largest
    0.6931
    """
    middle = (first + second) / 2
    terms = [torch.special.xlogy(shares, shares / middle).nansum() for shares in (first, second)]
    return max(0.0, float(sum(terms) / 2))
