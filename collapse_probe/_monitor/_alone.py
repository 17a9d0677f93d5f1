"""Advice for a generator that no discriminator judges: an autoencoder, a mixture."""

import dataclasses
import math
from collections.abc import Mapping

from .._records import Event
from ..detectors import _collapse, _memorisation, _never_fitted, _oscillation, _stalled

_OF_A_DISCRIMINATOR = ("d_real", "d_fake", "edge", "loss_d", "canonical_loss_d", "grad_norm_d")
_HOPPING = (
    "Look at a few captures in a row: if each shows another part of the data, stop; a lower learning rate or an "
    "average of the generator's weights may help."
)
_INSTEAD = {
    _collapse.ADVICE: (
        "Stop here, and go back to the best step before the onset. In a variational autoencoder, lower the weight of "
        "the KL term, or raise it more slowly, and look in the report whether the latents still matter; in a plain "
        "one, nothing trains what random latents give. If there is a discriminator that the probe was not shown, "
        "docs/remedies.md has what helps."
    ),
    _collapse.NARROWING_ADVICE: (
        "Watch this run: part of the data's variety has gone. If it goes on falling, lower the learning rate, and in a "
        "variational autoencoder the weight of the KL term; in a plain one, nothing trains what random latents give."
    ),
    _never_fitted.ADVICE: (
        "Check that the samples and the real data have the same scale, that gradients reach the generator "
        "(grad_norm_g), and that the learning rate is not far off. In a variational autoencoder, too heavy a KL term "
        "does this: lower its weight, or raise it slowly from 0. Slow starters exist: if the pictures still improve, "
        "let it run."
    ),
    _memorisation.ADVICE: (
        "Look at samples beside their nearest real ones in the report. Copies are of little use, however good they "
        "look: get more data (mirrored ones are not new), augment them, or stop earlier."
    ),
    _stalled.ADVICE: (
        "As long as it lasts the generator draws the same, and it may last for ever. Go back to a "
        "checkpoint from before it, and look for a loss that has gone flat, for units that are saturated or dead, and "
        "for gradients that underflow in half precision."
    ),
    _oscillation.ADVICE: _HOPPING,
    _oscillation.WARNING_ADVICE: _HOPPING,
}


class Company:
    """Knows, once it was seen, that there is a discriminator."""

    def __init__(self) -> None:
        self._seen = False

    def observe(self, values: Mapping[str, float]) -> None:
        """Take the columns of a step."""
        self._seen = self._seen or any(not math.isnan(values.get(name, math.nan)) for name in _OF_A_DISCRIMINATOR)

    def fitting(self, event: Event) -> Event:
        """The event with advice that fits a generator alone, where no discriminator was seen so far.

        >>> Company().fitting(Event("collapse", "critical", 9, 5, "Collapse.", {}, _collapse.ADVICE)).advice[:56]
        'Stop here, and go back to the best step before the onset'
        """
        return event if self._seen else dataclasses.replace(event, advice=_INSTEAD.get(event.advice, event.advice))
