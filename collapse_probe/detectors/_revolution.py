"""Discriminator revolution: the discriminator, so far beatable, abruptly wins."""

import math
from typing import ClassVar, Literal, final

from .._records import Event, Observation
from ._base import AbstractDetector, DetectorOptions
from ._e_detector import EDetector

_BALANCED = 0.80
_WON = 0.95
_OVER = 0.75
_NULL_GAIN, _NULL_RISE = 0.6, 0.2
_WARM_UP = 200
_EVIDENCE = 6.0
_SLOW, _FAST = 0.01, 0.1
_STEPS_PER_PATIENCE = 50
_LEAST_STEPS, _ABRUPT_STEPS, _RISING_STEPS = 75, 150, 30
_LEAP = 1.5

_ADVICE = (
    "The two players are no match any more. Compare the samples before and after the onset: if they do not improve, go "
    "back to before it with a weaker discriminator: a lower learning rate for it, noise on its inputs, one-sided label "
    "smoothing, a gradient penalty, or more data."
)

_CALM = "No action needed; keep an eye on it."


@final
class Revolution(AbstractDetector):
    """The discriminator, so far beatable, abruptly puts nearly every pair of real and generated in the right order.

    Its error is the share of such pairs in the wrong order, (1 - edge) / 2, and its gain the share of the error's own
    level that is gone. Armed while the slow mean of the edge is at most 0.80, after 200 steps. Flags when an e-detector
    of the null "the mean gain is at most 0.6" has evidence 1e6 (average run length at least a million steps under that
    null, for a sensitivity of 1) and the fast mean of the edge is 0.95 or more, 75 to 150 steps after the gain came. A
    discriminator that wins little by little, or from the start, is not a revolution. The onset is where the rise began:
    since when an e-detector of "the mean gain is at most 0.2" has had evidence, at most 30 steps before the gain came.
    The generator's loss usually leaps too and is told of; it is no condition, since with a bounded discriminator (hinge
    loss, spectral norm) it need not. Critical once it has lasted `patience` · 50 steps more; a `recovery` follows when
    the edge is under 0.75 again. While evidence mounts the slow means stand still, not to learn the failure.
    """

    watches: ClassVar[Literal["steps", "statistics"]] = "steps"

    def __init__(self, options: DetectorOptions = DetectorOptions()) -> None:
        self._needed = _EVIDENCE / options.sensitivity
        self._lasting = options.patience * _STEPS_PER_PATIENCE
        self._detector = EDetector(null=_NULL_GAIN)
        self._rise = EDetector(null=_NULL_RISE)
        self._slow_edge = self._fast_edge = self._slow_loss = self._fast_loss = math.nan
        self._seen = 0
        self._flagged_at: int | None = None
        self._onset = 0
        self._critical = False
        self._before = (math.nan, math.nan)

    def update(self, observation: Observation) -> Event | None:
        """Take the columns of the next step."""
        edge = observation.values.get("edge", math.nan)
        loss = observation.values.get("canonical_loss_g", math.nan)
        if math.isnan(edge) or not math.isfinite(loss):
            return None
        self._seen += 1
        if self._seen >= _WARM_UP:
            level = 1.0 - self._slow_edge
            gain = 1.0 - (1.0 - edge) / level if level > 0 else 0.0
            for detector in (self._detector, self._rise):
                detector.update(observation.step, gain)
        self._fast_edge = _moved(self._fast_edge, edge, _FAST)
        self._fast_loss = _moved(self._fast_loss, loss, _FAST)
        if self._detector.log10_evidence < 1.0 and self._flagged_at is None:
            rate = max(_SLOW, 1.0 / self._seen)
            self._slow_edge = _moved(self._slow_edge, edge, rate)
            self._slow_loss = _moved(self._slow_loss, loss, rate)
        return self._judge(observation.step)

    def _judge(self, step: int) -> Event | None:
        if self._flagged_at is not None and self._fast_edge < _OVER:
            was_critical, self._flagged_at, self._critical = self._critical, None, False
            message = f"The discriminator's edge is back at {self._fast_edge:.2f}."
            evidence = {"edge": self._fast_edge}
            return Event("recovery", "warning", step, step, message, evidence, _CALM) if was_critical else None
        if self._flagged_at is None:
            armed = self._seen >= _WARM_UP and self._slow_edge <= _BALANCED
            abrupt = _LEAST_STEPS <= step - self._detector.onset <= _ABRUPT_STEPS
            won = self._fast_edge >= _WON and self._detector.log10_evidence >= self._needed
            if not (armed and abrupt and won):
                return None
            came = self._detector.onset
            self._flagged_at, self._onset = step, min(came, max(self._rise.onset, came - _RISING_STEPS))
            self._before = (self._slow_edge, self._slow_loss)
            return self._event("warning", step)
        if not self._critical and step - self._flagged_at >= self._lasting:
            self._critical = True
            return self._event("critical", step)
        return None

    def _event(self, severity: Literal["warning", "critical"], step: int) -> Event:
        edge, loss = self._before
        message = (
            f"Discriminator revolution at step {self._onset}: its edge rose from {edge:.2f} to {self._fast_edge:.2f}"
        )
        if self._fast_loss > _LEAP * loss > 0:
            message += f", and the generator's loss from {loss:.2f} to {self._fast_loss:.2f}"
        message += "."
        evidence = {
            "edge": self._fast_edge,
            "edge_before": edge,
            "canonical_loss_g": self._fast_loss,
            "canonical_loss_g_before": loss,
            "log10_evidence": self._detector.log10_evidence,
        }
        return Event("revolution", severity, step, self._onset, message, evidence, _ADVICE)


def _moved(mean: float, value: float, rate: float) -> float:
    """The exponentially weighted mean after one more value."""
    return value if math.isnan(mean) else mean + rate * (value - mean)
