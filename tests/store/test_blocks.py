"""The framing of columns, without any file."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_probe._store._blocks import Block, Encoder, decode, encode
from collapse_probe._store._scan import FRAME, MAGIC
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
    assert damaged == [(begin, begin + len(parts[which]))]


def test_a_last_block_that_claims_more_bytes_than_there_are_is_not_there_yet_unless_it_is_whole() -> None:
    whole = block([1.0])
    content = bytearray(whole + block([2.0]))
    struct.pack_into("<I", content, len(whole) + 4, 2**31)
    read, damaged = decode(bytes(content[:-1]))
    assert len(read) == 1
    assert damaged == []
    assert decode(bytes(content))[1] == [(len(whole), len(content))]


def small_blocks(count: int) -> list[bytes]:
    """Of one row each, as a slow loop writes them."""
    encoder = Encoder(start=0)
    return [
        encoder.encode({"step": np.array([step]), "time": np.zeros(1), "x": np.array([(step + 1) / 7])})
        for step in range(count)
    ]


def steps(blocks: list[Block]) -> list[int]:
    return [int(step) for found in blocks for step in found.columns["step"]]


def test_small_blocks_name_their_columns_less_and_less_often_and_then_every_32nd_time() -> None:
    parts = small_blocks(70)
    assert [step for step, part in enumerate(parts) if b"columns" in part] == [0, 1, 2, 4, 8, 16, 32, 64]
    read, damaged = decode(b"".join(parts))
    assert [found.columns["x"].tolist() for found in read] == [[(step + 1) / 7] for step in range(70)]
    assert damaged == []


@pytest.mark.parametrize("lost", range(5))
def test_a_lost_block_takes_no_other_with_it_though_others_leave_their_columns_to_it(lost: int) -> None:
    parts = small_blocks(5)
    content = bytearray(b"".join(parts))
    begin = sum(map(len, parts[:lost]))
    content[begin + 30] ^= 1
    read, damaged = decode(bytes(content))
    assert steps(read) == [step for step in range(5) if step != lost]
    assert damaged == [(begin, begin + len(parts[lost]))]


def test_blocks_whose_columns_nobody_names_are_damage_and_later_names_serve_earlier_blocks() -> None:
    parts = small_blocks(40)
    assert decode(b"".join(parts[9:12])) == ([], [(0, sum(map(len, parts[9:12])))])
    assert steps(decode(b"".join(parts[9:]))[0]) == list(range(9, 40))


def test_an_encoder_that_starts_anew_names_the_columns_again() -> None:
    encoder = Encoder(start=0)
    columns = {"step": np.array([0]), "time": np.zeros(1)}
    named = []
    for step in range(6):
        if step == 4:
            encoder.start_anew()
        named.append(b"columns" in encoder.encode(columns))
    assert named == [True, True, True, False, True, True]


def test_a_layout_that_two_blocks_explain_differently_counts_only_where_it_is_spelt_out() -> None:
    def written(name: str) -> list[bytes]:
        encoder = Encoder(start=0)
        return [encoder.encode({"step": np.array([step]), "time": np.zeros(1), name: np.ones(1)}) for step in range(4)]

    read, damaged = decode(b"".join([*written("x"), *written("y")]))
    assert steps(read) == [0, 1, 2, 0, 1, 2]
    assert len(damaged) == 2


def test_a_column_that_once_needed_float64_keeps_it() -> None:
    encoder = Encoder(start=0)
    parts = [
        encoder.encode({"step": np.array([0]), "time": np.zeros(1), "x": np.array([value])})
        for value in (0.5, 0.1, 0.5)
    ]
    read, _ = decode(b"".join(parts))
    assert [found.columns["x"].dtype.str for found in read] == ["<f4", "<f8", "<f8"]


def test_more_layouts_than_are_counted_are_spelt_out_each_time() -> None:
    encoder = Encoder(start=0)
    parts = [
        encoder.encode({"step": np.array([step]), "time": np.zeros(1), f"x{step % 1100}": np.ones(1)})
        for step in range(5500)
    ]
    assert b"columns" in parts[-1] and b"layout" not in parts[-1]
    assert b"columns" not in parts[3300]
    assert steps(decode(b"".join(parts))[0]) == list(range(5500))


HEADERS = [
    '{"rows":1,"start":0}',
    '{"rows":1.0,"start":0,"columns":[["step","<i8"]]}',
    '{"rows":true,"start":0,"columns":[["step","<i8"]]}',
    '{"rows":-1,"start":0,"columns":[["step","<i8"]]}',
    '{"rows":1,"start":-1,"columns":[["step","<i8"]]}',
    '{"rows":1,"start":99999999999999999999,"columns":[["step","<i8"]]}',
    '{"rows":1,"start":0,"layout":"a","columns":[["step","<i8"]]}',
    '{"rows":1,"start":0,"columns":[["step","<f8"]]}',
    '{"rows":1,"start":0,"columns":[["step","<i8"],["step","<i8"]]}',
    '{"rows":1,"start":0,"columns":[["step","<i8"],[["x"],"<i8"]]}',
    '{"rows":1,"start":0,"columns":[["step","<i8"],["x","<O8"]]}',
    '{"rows":1,"start":0,"columns":[["x","<i8"]]}',
    '{"rows":1,"start":0,"columns":7}',
    "[]",
    "7",
    "[" * 100_000,
    "\ud800",
]


@pytest.mark.parametrize("header", HEADERS, ids=range(len(HEADERS)))
def test_a_header_that_makes_no_sense_is_damage_though_its_checksum_fits(header: str) -> None:
    body = header.encode("utf-8", "surrogatepass") + bytes(8)
    wrong = FRAME.pack(MAGIC, len(body) - 8, 8, zlib.crc32(body)) + body
    read, damaged = decode(wrong + block([1.0]))
    assert steps(read) == [0]
    assert damaged == [(0, len(wrong))]


def test_bytes_that_claim_great_lengths_again_and_again_are_given_up_on() -> None:
    claims = b"".join(FRAME.pack(MAGIC, 0, 20 * (20_000 - i - 1), 1) for i in range(20_000))
    assert decode(block([1.0]) + claims)[1] == [(len(block([1.0])), len(block([1.0])) + len(claims))]


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
