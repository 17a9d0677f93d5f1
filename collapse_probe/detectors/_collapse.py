"""Mode collapse: the generator was varied, and is not any more."""

import math
from collections import deque
from dataclasses import dataclass
from typing import ClassVar, Literal, final

from .._records import Event, Observation
from ._arming import ARMING_RATIO, Arming, OwnBest, diversity, diversity_z, share_of_real
from ._base import AbstractDetector, DetectorOptions

_RECOVERING_CHECKS = 3
_HALF = 0.5
_MOST = 0.8

ADVICE = (
    "Stop here: a generator seldom comes back from this by itself. Go back to the best step before the onset, and "
    "train on with a gradient penalty (R1) or with lower learning rates for both players, which helped most where "
    "remedies were tried (docs/remedies.md); a smaller discriminator or more data may help too, label smoothing hardly."
)
_WARNING_ADVICE = (
    "Look at the latest samples. If they have become alike, stop; otherwise wait: this becomes critical if it lasts."
)
NARROWING_ADVICE = (
    "Watch this run: part of the data's variety has gone. If it goes on falling, lower the learning rates or add a "
    "gradient penalty."
)


@dataclass(frozen=True)
class CollapseThresholds:
    """What counts as low, lost and narrowed; `best` is the run's own highest median of three checks, at most 1."""

    low: float = ARMING_RATIO
    """Share of real data's diversity under which a check is low."""
    lost: float = 0.55
    """Share of `best` under which a check is low too."""
    deep: float = 0.25
    """Share of `best` under which a low check counts double."""
    guard: float = 0.85
    """Share of real data's matched occupancy from which on samples are pale or blurred, and not few."""
    confirming: int = 2
    """Low checks in a row that warn."""
    lasting: int = 4
    """Low checks in a row, beside `patience`, from which on it is critical."""
    narrowed: float = 0.8
    """Share of `best` under which a check is narrowed."""
    both_narrowed: float = 0.87
    """Share of the own best of both diversity and effective modes under which a check is narrowed too."""
    narrowing: int = 3
    """Narrowed checks in a row that warn."""
    rising: float = 1.2
    """A median of three checks this many times the lowest one of the episode is a way back, and waits."""


@final
class Collapse(AbstractDetector):
    """Diversity low against real data, after having been high, and lasting.

    The run arms once occupancy is at 0.40 of real data's or more at three checks in a row. Then a check counts as low
    below 0.40, or below 0.55 of the run's own best, both times `sensitivity`, unless the moment-matched guard says that
    the samples are merely pale or blurred (at 0.85 or more of real data's; a guard that is NaN has no say). Two low
    checks in a row raise a warning; it is critical once low checks in a row count 4 + `patience`, where one below 0.25
    of the best counts double, and diversity is not on its way back, at 1.2 times its lowest. So it is, too, once four
    in five of the last 3 · (4 + patience) checks were low. The onset is where diversity last fell below half of the
    best. Three checks below 0.8 of the best, or below 0.87 of it while the effective number of modes is below 0.87 of
    its own, warn of narrowing. Three checks back at 0.40 and no longer narrowed end an episode with a `recovery`.

    The arming and the 0.40 come from 55 image runs of 17 programs, none of them of this repository. The other
    thresholds were chosen on the runs of the detection benchmark; what they score on programs that took no part in
    choosing is on its page, docs/detection-scores.md.
    """

    watches: ClassVar[Literal["steps", "statistics"]] = "statistics"

    def __init__(
        self, options: DetectorOptions = DetectorOptions(), thresholds: CollapseThresholds = CollapseThresholds()
    ) -> None:
        self._at = thresholds
        self._threshold = min(0.9, thresholds.low * options.sensitivity)
        self._lost = min(0.9, thresholds.lost * options.sensitivity)
        self._patience = options.patience
        self._arming = Arming()
        self._own, self._own_modes = OwnBest(), OwnBest()
        self._lowest = math.inf
        self._were_low: deque[bool] = deque(maxlen=3 * (thresholds.lasting + options.patience))
        self._onset: int | None = None
        self._above_half = 0
        self._low = self._weight = self._narrow = self._back = 0
        self._reported: Literal["nothing", "narrowing", "warning", "critical"] = "nothing"

    def update(self, observation: Observation) -> Event | None:
        """Take the statistics of the next capture."""
        ratio = diversity(observation)
        if math.isnan(ratio):
            return None
        self._track(observation.step, ratio)
        modes = share_of_real(observation, "effective_modes")
        if not math.isnan(modes):
            self._own_modes.update(modes)
        if not self._arming.update(ratio):
            return None
        best = self._own.best
        guard = share_of_real(observation, "matched_occupancy")
        pale = guard >= self._at.guard
        low = ratio < self._threshold or ratio < self._lost * best
        self._low = self._low + 1 if low and not pale else 0
        deep = ratio < self._at.deep * best
        self._weight = self._weight + 1 + deep if self._low else 0
        self._were_low.append(low and not pale)
        fewer = self._at.both_narrowed
        both = ratio < fewer * best and modes < fewer * self._own_modes.best
        narrowed = both or ratio < self._at.narrowed * best
        self._narrow = self._narrow + 1 if narrowed else 0
        self._lowest = min(self._lowest, self._own.level) if self._low else math.inf
        self._back = self._back + 1 if ratio >= max(ARMING_RATIO, self._threshold) and not narrowed else 0
        evidence = {
            "diversity": ratio,
            "diversity_z": diversity_z(observation),
            "best_diversity": best,
            "checks": float(self._low),
            "matched_diversity": guard,
        }
        return self._judge(observation.step, {name: value for name, value in evidence.items() if not math.isnan(value)})

    @property
    def _mostly_low(self) -> bool:
        """Low for most of a long while: near the threshold, checks come out both ways."""
        seen = self._were_low
        return len(seen) == seen.maxlen and seen[-1] and sum(seen) >= _MOST * len(seen)

    def _track(self, step: int, ratio: float) -> None:
        self._own.update(ratio)
        if ratio >= _HALF * self._own.best:
            self._above_half += 1
            # One check above half is noise; two in a row are a return.
            if self._above_half >= 2:
                self._onset = None
        else:
            self._above_half = 0
            if self._onset is None:
                self._onset = step

    def _judge(self, step: int, evidence: dict[str, float]) -> Event | None:
        ratio = evidence["diversity"]
        onset = step if self._onset is None else self._onset
        fell = f"diversity fell from {self._own.best:.0%} to {ratio:.0%} of real data's"
        rising = self._own.level > self._at.rising * self._lowest
        lasted = (self._weight >= self._at.lasting + self._patience and not rising) or self._mostly_low
        if lasted and self._low > self._at.confirming and self._reported != "critical":
            self._reported = "critical"
            message = f"Collapse since step {onset}: {fell}, and stays there."
            return Event("collapse", "critical", step, onset, message, evidence, ADVICE)
        if self._low >= self._at.confirming and self._reported in ("nothing", "narrowing"):
            self._reported = "warning"
            message = f"Collapsing since step {onset}: {fell}."
            return Event("collapse", "warning", step, onset, message, evidence, _WARNING_ADVICE)
        if self._narrow >= self._at.narrowing and self._reported == "nothing":
            self._reported = "narrowing"
            return Event("collapse", "warning", step, onset, f"Narrowing: {fell}.", evidence, NARROWING_ADVICE)
        if self._reported != "nothing" and self._back >= _RECOVERING_CHECKS:
            self._reported = "nothing"
            self._were_low.clear()
            message = f"Recovered: diversity is back at {ratio:.0%} of real data's."
            return Event("recovery", "warning", step, step, message, evidence, "No action needed; keep an eye on it.")
        return None
