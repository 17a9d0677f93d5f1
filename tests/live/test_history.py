"""Curves in a bounded room lose no extreme."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collapse_probe._live import History, sparkline


@given(lengths=st.lists(st.integers(1, 900), min_size=1, max_size=8), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_every_cell_holds_the_extremes_of_its_rows_however_they_came(lengths: list[int], seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(2, sum(lengths)))
    rows[1, ::3] = np.nan
    history, begin = History(), 0
    for length in lengths:
        history.add(["a", "b"], rows[:, begin : begin + length])
        begin += length
    width = 1
    while rows.shape[1] > 512 * width:
        width *= 2
    for name, values in zip(("a", "b"), rows, strict=True):
        cells = [values[first : first + width] for first in range(0, len(values), width)]
        for found, extreme in zip(history.extremes(name), (np.fmin, np.fmax), strict=True):
            np.testing.assert_array_equal(found, [extreme.reduce(cell) for cell in cells])
        np.testing.assert_array_equal(history.bounds(name), [np.fmin.reduce(values), np.fmax.reduce(values)])


@pytest.mark.parametrize("seed", range(4))
def test_a_spike_of_one_step_in_a_million_is_the_highest_bar(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.normal(1.0, 0.05, 1_000_000)
    place = int(random.integers(0, len(values)))
    values[place] = 9.0
    history = History()
    for part in np.array_split(values, 7):
        history.add(["loss_g"], part[None])
    curve = sparkline(*history.extremes("loss_g"), width=60)
    assert curve.count("█") == 1
    assert abs(curve.index("█") - place * 60 // len(values)) <= 1


def test_what_is_not_finite_or_was_not_measured_has_marks_of_its_own() -> None:
    values = np.array([1.0, np.nan, np.inf, 2.0])
    assert sparkline(values, values, width=4) == "▁ !█"
    assert sparkline(values * np.nan, values * np.nan, width=4) == "    "
    assert sparkline(np.full(3, 5.0), np.full(3, 5.0), width=9) == "▅▅▅"
    assert sparkline(np.zeros(0), np.zeros(0), width=9) == ""
    assert set(sparkline(values[:1], values[:1], width=1, bars="_#")) <= {"_", "#"}


def test_a_column_that_comes_late_is_empty_before() -> None:
    history = History()
    history.add(["a"], np.ones((1, 4)))
    history.add(["b"], np.full((1, 2), 3.0))
    assert history.columns == ["a", "b"]
    np.testing.assert_array_equal(history.extremes("b")[0], [np.nan] * 4 + [3, 3])
    np.testing.assert_array_equal(history.extremes("a")[1], [1] * 4 + [np.nan] * 2)
