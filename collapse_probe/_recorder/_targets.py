"""What a least-squares loss aims its scores at.

Its gradient points at a target value, so that it changes sign where a score has gone beyond: the sign alone would take
a generated sample scored below 0 for a real one. But it is affine in the score, and where it crosses zero is the
target (Mao et al. 2017, eq. 2: the discriminator's b for real and a for fake samples, the generator's c).
"""

from dataclasses import dataclass, field

import numpy as np

# Rounding leaves about 1e-12 of a gradient's variance unexplained; a logistic loss, which curves, far more.
_UNEXPLAINED = 1e-10
_SAME_TARGET = 0.5
_TRIES = 16


def target_of(scores: np.ndarray, gradients: np.ndarray) -> float | None:
    """The score at which a least-squares gradient vanishes; None where the gradient is not that of such a loss.

    >>> target_of(np.array([0.0, 0.5, 2.0, 3.0]), np.array([-1.0, -0.5, 1.0, 2.0]))
    1.0
    """
    if len(scores) < 4 or not (np.isfinite(scores).all() and np.isfinite(gradients).all()):
        return None
    s, g = scores.astype(np.float64), gradients.astype(np.float64)
    centred_scores, centred = s - s.mean(), g - g.mean()
    spread, variance = float(centred_scores @ centred_scores), float(centred @ centred)
    if not spread or not variance:
        return None
    slope = float(centred_scores @ centred) / spread
    unexplained = centred - slope * centred_scores
    if slope <= 0 or float(unexplained @ unexplained) > _UNEXPLAINED * variance:
        return None
    return float(s.mean() - g.mean() / slope)


@dataclass
class Targets:
    """Learns the generator's target, and tells from a discriminator call's own whether it was of real samples."""

    wanted: float | None = None
    _tried: int = field(default=0, repr=False)

    def learn(self, scores: np.ndarray, gradients: np.ndarray) -> None:
        """Take a generator step; after 16 of another loss no more are looked at."""
        if self.wanted is None and self._tried >= _TRIES:
            return
        self._tried += 1
        self.wanted = target_of(scores, gradients) if self.wanted is None else self.wanted

    def is_real(self, scores: np.ndarray, gradients: np.ndarray, orientation: int) -> bool | None:
        """Whether the call's target is the generator's or beyond; None where a target cannot be told."""
        target = None if self.wanted is None else target_of(scores, gradients)
        if target is None or self.wanted is None:
            return None
        return orientation * (target - self.wanted) > -_SAME_TARGET
