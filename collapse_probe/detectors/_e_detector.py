"""A sequential test with a stated average run length, for bounded values that may depend on each other."""

import math

import numpy as np

_BETS = np.array([0.1, 0.3, 0.6, 0.9])


class EDetector:
    """e-CUSUM for a bounded mean: watches values in [0, 1] whose mean, given the past, should be at most `null`.

    Each bet b multiplies its wealth by 1 + (b / null) · (x - null), restarting at 1 when it falls below; the
    evidence is the mean wealth over the bets b in {0.1, 0.3, 0.6, 0.9}. Stopping at evidence >= 1 / alpha has an
    average run length of at least 1 / alpha, whatever the dependence (Shin, Ramdas and Rinaldo 2023, "E-detectors: a
    nonparametric framework for sequential change detection", https://arxiv.org/abs/2203.03532).

    >>> detector = EDetector(null=0.5)
    >>> for step in range(10): detector.update(step, 1.0)
    >>> detector.onset, round(detector.log10_evidence, 2)
    (0, 2.27)
    """

    def __init__(self, *, null: float) -> None:
        self._rates = _BETS / null
        self._null = null
        self._log_wealth = np.zeros(len(_BETS))
        self._since = np.zeros(len(_BETS), dtype=np.int64)

    def update(self, step: int, value: float) -> None:
        """Take the next value; outside [0, 1] it is clipped."""
        restarting = self._log_wealth <= 0.0
        self._since[restarting] = step
        self._log_wealth[restarting] = 0.0
        self._log_wealth += np.log1p(self._rates * (min(1.0, max(0.0, value)) - self._null))

    @property
    def log10_evidence(self) -> float:
        """log10 of the mean wealth."""
        return float(np.logaddexp.reduce(self._log_wealth) - math.log(len(_BETS))) / math.log(10)

    @property
    def onset(self) -> int:
        """The step at which the richest bet last started: the estimate of when the change came."""
        return int(self._since[int(np.argmax(self._log_wealth))])
