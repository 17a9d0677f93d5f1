"""The framing of columns, without any file."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_probe._store._blocks import decode, encode
from collapse_probe.errors import InvalidArgument

doubles = st.lists(st.floats(width=64), min_size=1, max_size=20)
singles = st.lists(st.floats(width=32), min_size=1, max_size=20)


def block(values: list[float], *, start: int = 0) -> bytes:
    columns = {"step": np.arange(len(values)), "time": np.zeros(len(values)), "x": np.array(values)}
    return encode(columns, start=start)


@given(doubles)
def test_any_double_comes_back_bit_for_bit_unless_it_is_nan(values: list[float]) -> None:
    (read,), damaged = decode(block(values))
    back = read.columns["x"].astype(np.float64)
    expected = np.array(values)
    assert np.array_equal(back, expected, equal_nan=True)
    assert np.array_equal(np.signbit(back[back == 0]), np.signbit(expected[expected == 0]))
    assert damaged == []


@given(singles)
def test_values_that_float32_holds_cost_four_bytes(values: list[float]) -> None:
    (read,), _ = decode(block(values))
    assert read.columns["x"].dtype == np.dtype("<f4")


def test_a_value_that_float32_cannot_hold_makes_its_block_wide() -> None:
    (read,), _ = decode(block([0.5, 0.1]))
    assert read.columns["x"].dtype == np.dtype("<f8")


def test_a_double_beyond_the_range_of_float32_is_not_turned_into_infinity() -> None:
    (read,), _ = decode(block([1e300, float("inf"), 1e-300]))
    assert read.columns["x"].tolist() == [1e300, float("inf"), 1e-300]


def test_a_row_of_eight_device_floats_costs_48_bytes() -> None:
    def size(rows: int) -> int:
        values = np.linspace(0, 1, rows, dtype=np.float32)
        columns = {"step": np.arange(rows), "time": np.arange(rows) / 3}
        return len(encode(columns | {f"column_{i}": values for i in range(8)}, start=0))

    assert size(9_000) - size(8_000) == 48 * 1_000


def test_steps_beyond_the_integers_of_a_double_stay_exact() -> None:
    (read,), _ = decode(encode({"step": np.array([2**53 + 1]), "time": np.zeros(1)}, start=0))
    assert read.columns["step"].tolist() == [2**53 + 1]


@given(st.integers(0, 2), st.data())
def test_a_flipped_bit_costs_its_block_and_no_other(which: int, data: st.DataObject) -> None:
    parts = [block([1.0, 2.0], start=0), block([3.0, 4.5], start=1), block([0.1], start=2)]
    bit = data.draw(st.integers(0, 8 * len(parts[which]) - 1))
    content = bytearray(b"".join(parts))
    begin = sum(map(len, parts[:which]))
    content[begin + bit // 8] ^= 1 << bit % 8
    read, damaged = decode(bytes(content))
    assert [found.start for found in read] == [start for start in range(3) if start != which]
    last_and_longer = which == 2 and damaged == []
    assert last_and_longer or damaged == [(begin, begin + len(parts[which]))]


def test_a_last_block_that_claims_more_bytes_than_there_are_is_not_there_yet() -> None:
    content = bytearray(block([1.0]) + block([2.0]))
    struct.pack_into("<I", content, len(block([1.0])) + 4, 2**31)
    read, damaged = decode(bytes(content))
    assert len(read) == 1
    assert damaged == []


def test_a_magic_number_inside_the_data_is_data() -> None:
    disguised = np.frombuffer(b"\x89CPB\x00\x00\x00\x00", dtype="<f8")
    read, damaged = decode(block([float(disguised[0]), 0.1]) + block([2.0]))
    assert [found.rows for found in read] == [2, 1]
    assert damaged == []


def test_bytes_that_were_never_a_block_are_reported_whole() -> None:
    assert decode(b"garbage" + block([1.0]))[1] == [(0, 7)]
    assert decode(b"garbage") == ([], [(0, 7)])


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="different lengths"):
        encode({"step": np.arange(2), "time": np.zeros(3)}, start=0)


@pytest.mark.parametrize("values", [np.zeros((2, 2)), np.array(["a", "b"]), np.zeros(2, dtype=complex)])
def test_a_column_that_is_not_one_number_a_row_is_refused_by_name(values: np.ndarray) -> None:
    with pytest.raises(InvalidArgument, match="'x'"):
        encode({"step": np.arange(2), "time": np.zeros(2), "x": values}, start=0)


def test_half_a_step_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"0\.5"):
        encode({"step": np.array([0.5]), "time": np.zeros(1)}, start=0)
