"""Whether the discriminator knows its training data by heart."""

import math
from typing import Any

from ._discriminator_edge import edge
from ._series import as_series


def discriminator_overfitting(*, d_training: Any, d_held_out: Any) -> float:
    """How surely the discriminator tells training data from unseen real data: 1 always, 0 at chance.

    2 AUC - 1 over all pairs of a training and a held-out score, ties counted one half. It asks what the r_v of ADA
    asks, (E D_train - E D_held) / (E D_train - E D_fake), by ranks in place of means, so on any scale of scores. Where
    unseen data are rated below training data and still far above generated ones, r_v is small, while this may be 1.
    For data rated alike it has mean 0 and standard deviation sqrt((n + m + 1) / (3 n m)), less with ties.

    Shapes: d_training (n,), d_held_out (m,), real the higher; tensors, arrays or sequences of numbers; a float.
    Formula: (1 / (n m)) sum_{i, j} sign(d_training_i - d_held_out_j).
    Unit: from -1 to 1; less is better, as far as chance goes.
    Undefined: NaN where a side is empty or holds a score that is not finite.
    Cost: (n + m) ln m.
    Errors: `InvalidArgument` where a side is not one row of numbers.
    Source: the heuristics of Karras et al., 2020, https://arxiv.org/abs/2006.06676, with the statistic of Mann and
        Whitney, Annals of Mathematical Statistics 1947, https://doi.org/10.1214/aoms/1177730491, in place of means.

    >>> from collapse_probe import statistics
    >>> statistics.discriminator_overfitting(d_training=[2.0, 3.0, 4.0, 5.0], d_held_out=[1.0, 2.0])  # one tie of 8
    0.875
    >>> statistics.discriminator_overfitting(d_training=[1.0, 4.0], d_held_out=[2.0, 3.0])
    0.0
    """
    return edge(as_series("d_training", d_training), as_series("d_held_out", d_held_out))


def chance_sd(training: int, held_out: int) -> float:
    """Standard deviation of the statistic for so many scores of each kind, all from one law without ties.

    >>> chance_sd(1, 1)  # 1 or -1
    1.0
    """
    return math.sqrt((training + held_out + 1) / (3 * training * held_out))
