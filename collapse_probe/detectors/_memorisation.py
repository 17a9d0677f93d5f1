"""Memorisation: the generator gives the training data back."""

import math
from typing import ClassVar, Literal, final

from .._records import Event, Observation
from ._base import AbstractDetector, DetectorOptions
from ._lasting import Lasting

STATISTIC = "copied_share"
_COPIED = 0.25
_ABOVE_REAL = 5.0
_CHECKS = 5
_CLEAN = 0.10

ADVICE = (
    "Look at samples beside their nearest real ones in the report. Copies are of little use, however good they look: "
    "get more data (mirrored ones are not new), augment what the discriminator sees, or stop earlier."
)


@final
class Memorisation(AbstractDetector):
    """A quarter of the samples are all but copies of real ones, for five checks in a row.

    Compared with the fitted half of the reference: of a generator that knows all of its training data by heart, half
    of the samples are found where the reference is those data, and fewer where it is a part of them. Real data that
    were not compared with must score less by five of their standard deviations, so that data which repeat themselves
    are no reason. Never critical: a warning. A `recovery` follows at under a tenth for five checks. The thresholds are
    reasoned.
    """

    watches: ClassVar[Literal["steps", "statistics"]] = "statistics"

    def __init__(self, options: DetectorOptions = DetectorOptions()) -> None:
        self._copied = _COPIED / options.sensitivity
        self._lasting = Lasting(checks=_CHECKS)

    def update(self, observation: Observation) -> Event | None:
        """Take the statistics of the next capture."""
        share, band = observation.values.get(STATISTIC, math.nan), observation.bands.get(STATISTIC)
        if band is None or math.isnan(share):
            return None
        step, many = observation.step, share >= self._copied and share - band.mean > _ABOVE_REAL * band.sd
        news = self._lasting.update(step, holds=many, gone=share < _CLEAN)
        evidence = {STATISTIC: share, f"{STATISTIC}_of_real": band.mean}
        if news == "begins":
            onset = self._lasting.onset
            message = (
                f"Memorising since step {onset}: {share:.0%} of the samples nearly repeat a real one, of real "
                f"data that were not compared with {band.mean:.0%}."
            )
            return Event("memorisation", "warning", step, onset, message, evidence, ADVICE)
        if news == "ends":
            message = f"Of the samples only {share:.0%} nearly repeat a real one now."
            return Event("recovery", "warning", step, step, message, evidence, "No action needed.")
        return None
