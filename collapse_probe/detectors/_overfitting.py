"""Overfitting: the discriminator knows its training data by heart."""

import math
from typing import ClassVar, Literal, final

from .._records import Event, Observation
from ._base import AbstractDetector, DetectorOptions
from ._lasting import Lasting

STATISTIC = "discriminator_overfitting"
_STRONG = 0.5
_ABOVE_CHANCE = 5.0
_CHECKS = 5

_ADVICE = (
    "What such a discriminator tells the generator is about single training samples. Look whether samples still get "
    "better; if not, get more data (mirrored ones are not new), augment what the discriminator sees (DiffAugment, "
    "ADA), make it smaller or slower, or stop earlier. Where it was so from the first steps on, check that held_out "
    "was prepared as the training data were."
)


@final
class Overfitting(AbstractDetector):
    """Three pairs of four of a training and an unseen real sample in the order that gives training away, five checks.

    That is half-way from rating both kinds alike, 0, to telling every pair apart, 1: a discriminator is always a little
    better on what it has seen, and one that is above 98 % on training data and at chance on unseen ones has trained a
    good generator (Brock et al. 2019), so a warning, never critical. And five standard deviations of chance: the same
    samples are compared at every check, so luck in choosing them lasts, and of thousands of checks none should fall
    for it (one-sided, 3e-7). A `recovery` follows below half of the bar for five checks. The thresholds are reasoned.
    """

    watches: ClassVar[Literal["steps", "statistics"]] = "statistics"

    def __init__(self, options: DetectorOptions = DetectorOptions()) -> None:
        self._strong = _STRONG / options.sensitivity
        self._lasting = Lasting(checks=_CHECKS)

    def update(self, observation: Observation) -> Event | None:
        """Take the statistics of the next capture."""
        found, band = observation.values.get(STATISTIC, math.nan), observation.bands.get(STATISTIC)
        if band is None or math.isnan(found):
            return None
        step, strong = observation.step, found >= self._strong and found - band.mean > _ABOVE_CHANCE * band.sd
        news = self._lasting.update(step, holds=strong, gone=found < self._strong / 2)
        pairs, evidence = f"{(1 + found) / 2:.0%}", {STATISTIC: found, f"{STATISTIC}_by_chance": band.sd}
        if news == "begins":
            onset = self._lasting.onset
            message = (
                f"Overfitting since step {onset}: the discriminator knows its training data; it rates one of "
                f"them above an unseen real sample in {pairs} of all pairs, where even is 50%."
            )
            return Event("overfitting", "warning", step, onset, message, evidence, _ADVICE)
        if news == "ends":
            message = f"The discriminator rates a training sample above an unseen one in only {pairs} of all pairs now."
            return Event("recovery", "warning", step, step, message, evidence, "No action needed.")
        return None
