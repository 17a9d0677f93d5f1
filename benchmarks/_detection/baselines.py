"""Rules of thumb and detectors off the shelf: from a run to the step at which each would have stopped it.

Their constants were written down before any run was made, and each starts late enough to leave out what every run
goes through in its first tenth.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from .observed import Observed
from .series import Flags, Series, first_in_a_row

Baseline = Callable[[Observed], int | None]

WARM_UP = 0.10
NEAR_ZERO, NEAR_ZERO_STEPS = 0.05, 50
SPIKE, SPIKE_WINDOW = 6.0, 200
DROP, DROP_CHECKS, LEVEL_CHECKS = 0.5, 2, 10
STILL, STILL_STEPS = 1e-3, 500
OCCUPIED, MATCHED, ARMING_CHECKS, LOW_CHECKS = 0.40, 0.70, 3, 2
_LOSSES = ("loss_d", "loss_g")


def near_zero(run: Observed) -> int | None:
    """D's loss within 0.05 of zero for 50 steps in a row."""
    return _lasting(run, run.steps["loss_d"].abs() < NEAR_ZERO, NEAR_ZERO_STEPS)


def spike(run: Observed) -> int | None:
    """A loss six standard deviations from the mean of the 200 steps before."""
    alarms = [_lasting(run, _spikes(run.steps[name]), 1) for name in _LOSSES]
    return _earliest(alarms)


def still(run: Observed) -> int | None:
    """AutoGAN's (Gong et al. 2019): a loss whose variance over 500 steps is under 0.001."""
    return _earliest([_lasting(run, run.steps[name].rolling(STILL_STEPS).var() < STILL, 1) for name in _LOSSES])


def adwin(run: Observed) -> int | None:
    """river's ADWIN on both losses, as it comes."""
    from river.drift import ADWIN

    return _earliest([_drift(run, name, ADWIN()) for name in _LOSSES])


def page_hinkley(run: Observed) -> int | None:
    """river's Page-Hinkley on both losses, as it comes."""
    from river.drift import PageHinkley

    return _earliest([_drift(run, name, PageHinkley()) for name in _LOSSES])


def batch_diversity(run: Observed) -> int | None:
    """Mean distance within a batch under half of its median over the ten checks before, at two checks in a row."""
    distance = run.statistics["mean_pairwise_distance"]
    return _lasting(run, distance < DROP * distance.rolling(LEVEL_CHECKS).median().shift(1), DROP_CHECKS)


def occupancy(run: Observed, *, guarded: bool = False) -> int | None:
    """Occupancy under 0.40 of real data's at two checks in a row, after three in a row at 0.40 or more."""
    share = _share_of_real(run, "occupancy")
    armed = first_in_a_row(share >= OCCUPIED, ARMING_CHECKS)
    if armed is None:
        return None
    low = share < OCCUPIED
    if guarded:
        low &= ~(_share_of_real(run, "matched_occupancy") >= MATCHED)
    low[: armed + ARMING_CHECKS] = False
    return _step(run.statistics.index, low, LOW_CHECKS)


BASELINES: dict[str, Baseline] = {
    "D's loss near zero": near_zero,
    "spike of a loss": spike,
    "variance of a loss (AutoGAN)": still,
    "ADWIN (river) on the losses": adwin,
    "Page-Hinkley (river) on the losses": page_hinkley,
    "drop of batch diversity": batch_diversity,
    "occupancy alone": occupancy,
    "occupancy with the matched guard": partial(occupancy, guarded=True),
}


def _spikes(loss: "pd.Series[float]") -> "pd.Series[bool]":
    before = loss.rolling(SPIKE_WINDOW)
    return (loss - before.mean().shift(1)).abs() > SPIKE * before.std().shift(1)


def _drift(run: Observed, name: str, detector: Any) -> int | None:
    for step, value in _finite(run, name):
        detector.update(value)
        if detector.drift_detected and step >= WARM_UP * run.length:
            return step
    return None


def _finite(run: Observed, name: str) -> Iterator[tuple[int, float]]:
    """The finite values of a loss: of others a detector makes nothing, or fails."""
    loss = run.steps[name].to_numpy(float)
    return zip(run.steps.index[np.isfinite(loss)].tolist(), loss[np.isfinite(loss)].tolist(), strict=True)


def _lasting(run: Observed, flags: "pd.Series[bool]", count: int) -> int | None:
    """The step at which the flag has been up `count` times in a row since the warm-up."""
    return _step(flags.index, flags.to_numpy(bool) & (flags.index >= WARM_UP * run.length), count)


def _step(index: "pd.Index[int]", flags: Flags, count: int) -> int | None:
    first = first_in_a_row(flags, count)
    return None if first is None else int(index[first + count - 1])


def _share_of_real(run: Observed, name: str) -> Series:
    if name not in run.statistics or name not in run.bands:
        return np.full(len(run.statistics), np.nan)
    return run.statistics[name].to_numpy(float) / run.bands[name].mean


def _earliest(steps: list[int | None]) -> int | None:
    return min((step for step in steps if step is not None), default=None)
