"""Oscillation: the generator hops from mode to mode, each capture alike and each one elsewhere."""

import itertools
import math
from collections import deque
from collections.abc import Mapping
from typing import ClassVar, Literal, final

from .._records import Event, Observation
from ._arming import share_of_real
from ._base import AbstractDetector, DetectorOptions

_CHECKS = 10
_NARROW = 0.5
_WIDER = 1.8
_HOPS = 4
_SETTLED = 0.75
_GROWING = 1.5

ADVICE = (
    "The players chase each other in a circle: the discriminator punishes where the generator is, and it moves on. "
    "Give the discriminator several updates a step, which helped in every try (docs/remedies.md), where a gradient "
    "penalty, a lower beta1 and other rates by themselves did not; an average of the generator's weights may help too."
)
WARNING_ADVICE = (
    "Look at a few captures in a row: if each shows another part of the data, stop, and give the discriminator more "
    "updates a step."
)


@final
class Oscillation(AbstractDetector):
    """Within a capture few modes, over captures many: a limit cycle, also called mode hopping.

    Over the last 10 checks the effective number of modes, exp(entropy of `mode_shares`), is at most half of what real
    data's shares have in the median check, while the shares of all 10 together have at least 1.8 times as many as that
    median, and the favourite mode changed at least 4 times. Warns once that has held for 10 checks and is critical when
    `patience` times 10 checks later it still does; a median that is 1.5 times what it was 10 checks before breaks it
    off, since young generators hop too. A `recovery` follows when the median check has three quarters of real data's
    modes. Silent where modes are not counted.
    Source: Metz et al., Unrolled Generative Adversarial Networks, 2017, https://arxiv.org/abs/1611.02163, section 3.1,
    describes the rotation; the thresholds are ours, reasoned and not tuned.
    """

    watches: ClassVar[Literal["steps", "statistics"]] = "statistics"

    def __init__(self, options: DetectorOptions = DetectorOptions()) -> None:
        self._narrow = min(0.9, _NARROW * options.sensitivity)
        self._lasting = options.patience * _CHECKS
        self._recent: deque[tuple[int, list[float]]] = deque(maxlen=_CHECKS)
        self._before: deque[float] = deque(maxlen=_CHECKS)
        self._since = 0
        self._onset = 0
        self._reported: Literal["nothing", "warning", "critical"] = "nothing"

    def update(self, observation: Observation) -> Event | None:
        """Take the statistics of the next capture."""
        shares = _shares(observation.values)
        if len(shares) < 3 or any(math.isnan(share) for share in shares):
            return None
        self._recent.append((observation.step, shares))
        if len(self._recent) < _CHECKS:
            return None
        real = _effective([observation.bands[f"mode_shares.{k}"].mean for k in range(len(shares))])
        apart = sorted(_effective(one) for _, one in self._recent)[_CHECKS // 2]
        together = _effective([sum(column) for column in zip(*(one for _, one in self._recent), strict=True)])
        favourites = [max(range(len(one)), key=one.__getitem__) for _, one in self._recent]
        hops = sum(a != b for a, b in itertools.pairwise(favourites))
        hopping = apart <= self._narrow * real and together >= _WIDER * apart and hops >= _HOPS
        # A young generator hops too, but finds more modes at a time from check to check.
        growing = bool(self._before) and apart > _GROWING * self._before[0]
        self._before.append(apart)
        evidence = {"modes_in_a_capture": apart, "modes_together": together, "hops": float(hops)}
        diversity = share_of_real(observation, "occupancy")
        if not math.isnan(diversity):
            evidence["diversity"] = diversity
        return self._judge(
            observation.step, hopping=hopping and not growing, calm=apart >= _SETTLED * real, evidence=evidence
        )

    def _judge(self, step: int, *, hopping: bool, calm: bool, evidence: dict[str, float]) -> Event | None:
        if self._reported != "nothing" and calm:
            self._reported, self._since = "nothing", 0
            return Event("recovery", "warning", step, step, "It hops no more.", evidence, "No action needed.")
        if hopping and not self._since and self._reported == "nothing":
            self._onset = self._recent[0][0]
        self._since = self._since + 1 if hopping else 0
        if self._reported == "nothing" and self._since >= _CHECKS:
            self._reported = "warning"
            return self._event("warning", step, evidence, WARNING_ADVICE)
        if self._reported == "warning" and self._since >= _CHECKS + self._lasting:
            self._reported = "critical"
            return self._event("critical", step, evidence, ADVICE)
        return None

    def _event(
        self, severity: Literal["warning", "critical"], step: int, evidence: dict[str, float], advice: str
    ) -> Event:
        message = (
            f"Oscillating since step {self._onset}: a capture has {evidence['modes_in_a_capture']:.1f} modes, the last "
            f"{_CHECKS} together {evidence['modes_together']:.1f}; the favourite changed {evidence['hops']:.0f} times."
        )
        return Event("oscillation", severity, step, self._onset, message, evidence, advice)


def _shares(values: Mapping[str, float]) -> list[float]:
    found: list[float] = []
    while (name := f"mode_shares.{len(found)}") in values:
        found.append(values[name])
    return found


def _effective(weights: list[float]) -> float:
    """exp(entropy) of weights once they sum to 1; 0 where there are none."""
    total = sum(weights)
    if not total > 0:
        return 0.0
    return math.exp(-sum(w / total * math.log(w / total) for w in weights if w > 0))
