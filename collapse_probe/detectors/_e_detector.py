"""A sequential test with a stated average run length, for bounded values that may depend on each other."""

import math

_BETS = (0.1, 0.3, 0.6, 0.9)


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
        self._rates = [bet / null for bet in _BETS]
        self._null = null
        # Plain numbers: on four of them NumPy costs ten times as much, at every step of a run.
        self._log_wealth = [0.0] * len(_BETS)
        self._since = [0] * len(_BETS)

    def update(self, step: int, value: float) -> None:
        """Take the next value; outside [0, 1] it is clipped."""
        excess = min(1.0, max(0.0, value)) - self._null
        for bet, rate in enumerate(self._rates):
            wealth = self._log_wealth[bet]
            if wealth <= 0.0:
                self._since[bet], wealth = step, 0.0
            self._log_wealth[bet] = wealth + math.log1p(rate * excess)

    @property
    def log10_evidence(self) -> float:
        """log10 of the mean wealth."""
        most = max(self._log_wealth)
        mean = sum(math.exp(wealth - most) for wealth in self._log_wealth) / len(_BETS)
        return (most + math.log(mean)) / math.log(10)

    @property
    def onset(self) -> int:
        """The step at which the richest bet last started: the estimate of when the change came."""
        return self._since[self._log_wealth.index(max(self._log_wealth))]
