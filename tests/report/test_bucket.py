"""Long lines keep their peaks and their gaps."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from collapse_probe._report._bucket import bucket, measured

values = st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=1, max_size=400)


@given(values, st.integers(11, 60))
def test_the_extremes_the_ends_and_the_limit_are_kept(line: list[float], most: int) -> None:
    y = np.array(line)
    x = np.arange(len(y)) * 3
    kept_x, kept_y = bucket(x, y, most=most)
    assert len(kept_x) == len(kept_y) <= max(most, 0)
    assert np.array_equal(kept_y, y[kept_x // 3], equal_nan=True)
    assert (np.diff(kept_x) > 0).all()
    assert (kept_x[0], kept_x[-1]) == (x[0], x[-1])
    if np.isfinite(y).any():
        assert np.nanmin(kept_y) == np.nanmin(y)
        assert np.nanmax(kept_y) == np.nanmax(y)


@given(values)
def test_two_points_are_joined_only_where_nothing_is_missing_between_them(line: list[float]) -> None:
    y = np.array(line)
    kept, kept_y = bucket(np.arange(len(y)), y, most=15)
    joined = np.isfinite(kept_y[1:]) & np.isfinite(kept_y[:-1])
    for first, last in zip(kept[:-1][joined], kept[1:][joined], strict=True):
        assert np.isfinite(y[first : last + 1]).all()


@given(st.integers(0, 49_999))
def test_a_spike_of_a_single_step_is_seen_wherever_it_is(place: int) -> None:
    y = np.sin(np.arange(50_000))
    y[place] = 7.0
    x, kept = bucket(np.arange(50_000), y)
    assert x[kept == 7.0].tolist() == [place]


def test_every_bucket_keeps_its_own_extremes() -> None:
    y = np.random.default_rng(0).normal(size=10_000)
    x, kept = bucket(np.arange(10_000), y, most=403)
    for begin in range(0, 10_000, 100):
        inside = kept[(x >= begin) & (x < begin + 100)]
        assert inside.min() == y[begin : begin + 100].min()
        assert inside.max() == y[begin : begin + 100].max()


def test_a_short_line_is_left_as_it_is() -> None:
    x, y = np.arange(2000), np.random.default_rng(0).normal(size=2000)
    assert bucket(x, y)[1] is y


def test_a_column_logged_every_fifth_step_is_drawn_through() -> None:
    y = np.full(100, np.nan)
    y[::5] = np.arange(20)
    x, kept = measured(np.arange(100), y)
    assert x.tolist() == list(range(0, 100, 5))
    assert kept.tolist() == list(range(20))


def test_a_line_with_a_gap_keeps_it() -> None:
    y = np.arange(100.0)
    y[40:60] = np.nan
    assert np.array_equal(measured(np.arange(100), y)[1], y, equal_nan=True)
