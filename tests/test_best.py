"""The healthiest capture: known while the run goes on, and the same once it has ended."""

import math

import numpy as np
import pandas as pd
import pytest

from collapse_probe._best import BestCapture, best_capture
from collapse_probe._monitor import Monitor
from collapse_probe._records import Band
from collapse_probe._verdict import judge

BANDS = {"occupancy": Band(20.0, 0.5), "sliced_wasserstein": Band(0.1, 0.01)}


def _walk(seed: int) -> tuple[list[float], list[float]]:
    """Diversity that rises, wanders, falls and sometimes returns, and a distance that wanders too."""
    random = np.random.default_rng(seed)
    levels = np.repeat(random.choice([0.1, 0.3, 0.5, 0.7, 0.9, 1.0], 8), random.integers(2, 14, 8))
    diversity = np.clip(levels + 0.06 * random.standard_normal(len(levels)), 0.01, 1.2)
    return diversity.tolist(), np.exp(0.3 * random.standard_normal(len(levels)).cumsum()).tolist()


@pytest.mark.parametrize("seed", range(60))
def test_the_best_capture_known_at_each_moment_is_that_of_the_verdict_on_the_run_so_far(seed: int) -> None:
    monitor, best, told, rows = Monitor(), BestCapture(), 0, {}
    for number, (diversity, distance) in enumerate(zip(*_walk(seed), strict=True)):
        step, row = 50 * number, {"occupancy": 20.0 * diversity, "sliced_wasserstein": distance}
        monitor.observe_statistics(step, row, BANDS)
        for event in monitor.events[told:]:
            best.note(event)
        told, rows[step] = len(monitor.events), row
        best.observe(step, row, BANDS)
        verdict = judge(
            events=monitor.events,
            steps=pd.DataFrame(index=pd.RangeIndex(step + 1)),
            statistics=pd.DataFrame.from_dict(rows, orient="index"),
            bands=BANDS,
            finished=False,
        )
        assert verdict.best_step == best.step


def test_a_lucky_capture_between_two_bad_ones_is_not_the_best() -> None:
    best = BestCapture()
    for step, diversity in enumerate([0.5, 0.5, 0.1, 1.0, 0.1, 0.1]):
        best.update(step, diversity, math.nan)
    assert best.step in (0, 1)


def test_captures_that_were_not_measured_are_passed_over() -> None:
    statistics = pd.DataFrame({"occupancy": [10.0, math.nan, 18.0, 18.0]}, index=[0, 10, 20, 30])
    assert best_capture(statistics, BANDS, []).step == 30
    assert best_capture(statistics.iloc[:0], BANDS, []).step is None
    assert best_capture(statistics, {}, []).step is None
