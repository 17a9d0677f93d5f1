"""How far the discriminator is ahead."""

from typing import Any

import numpy as np
from jaxtyping import Float

from ._series import as_series


def discriminator_edge(*, d_real: Any, d_fake: Any) -> float:
    """How surely the discriminator tells real from generated: 1 if all real scores exceed all fake ones, 0 at chance.

    2 AUC - 1 over all pairs of a real and a fake score, ties counted one half. It depends on ranks alone, hence on no
    loss, scale or offset, and reads probabilities, logits and critics alike; give scores in which real is the higher.

    Shapes: d_real (n,), d_fake (m,); tensors, arrays or sequences of numbers; a float.
    Formula: 2 AUC - 1 = (1 / (n m)) sum_{i, j} sign(d_real_i - d_fake_j).
    Unit: from -1 to 1; near 0.5 or less the generator still learns from it, at 1 it is left behind.
    Undefined: NaN where a side is empty or holds a score that is not finite.
    Cost: (n + m) ln m.
    Errors: `InvalidArgument` where a side is not one row of numbers.
    Source: AUC as the Mann-Whitney statistic, Hanley and McNeil, Radiology 1982,
        https://doi.org/10.1148/radiology.143.1.7063747.

    >>> from collapse_probe import statistics
    >>> statistics.discriminator_edge(d_real=[2.0, 3.0], d_fake=[0.0, 1.0])
    1.0
    >>> statistics.discriminator_edge(d_real=[0.0, 1.0], d_fake=[0.0, 1.0])
    0.0
    """
    return edge(as_series("d_real", d_real), as_series("d_fake", d_fake))


def edge(real: Float[np.ndarray, " n"], fake: Float[np.ndarray, " m"]) -> float:
    """`discriminator_edge` of two arrays, in their own precision.

    >>> edge(np.array([2.0, 3.0]), np.array([0.0, 1.0]))
    1.0
    """
    if not len(real) or not len(fake) or not (np.isfinite(real).all() and np.isfinite(fake).all()):
        return float("nan")
    ordered = np.sort(fake)
    below = np.searchsorted(ordered, real, side="left").sum()
    not_above = np.searchsorted(ordered, real, side="right").sum()
    return float(below + not_above) / (len(real) * len(fake)) - 1.0
