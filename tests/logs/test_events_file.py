"""TensorBoard's event files: what its own writer wrote, and what no writer would."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collapse_probe._logs._events_file import read_scalars
from collapse_probe.errors import UnreadableRun


def crc32c(data: bytes) -> int:
    """Bit by bit, as the polynomial is defined."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def varint(value: int) -> bytes:
    value &= 2**64 - 1
    found = b""
    while value > 0x7F:
        found, value = found + bytes([value & 0x7F | 0x80]), value >> 7
    return found + bytes([value])


def message(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def event(tag: str, step: int, value: float, seconds: float = 1.7e9) -> bytes:
    named = message(1, tag.encode()) + varint(2 << 3 | 5) + struct.pack("<f", value)
    return (
        varint(1 << 3 | 1) + struct.pack("<d", seconds) + varint(2 << 3) + varint(step) + message(5, message(1, named))
    )


def test_what_tensorboards_writer_wrote_is_read_to_the_last_number(tmp_path: Path) -> None:
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    writer = tensorboard.SummaryWriter(tmp_path)
    values = np.random.default_rng(0).normal(size=40).astype(np.float32).tolist()
    values[7], values[8] = float("nan"), float("inf")
    for step, value in enumerate(values):
        writer.add_scalar("Loss/D", value, 1000 * step, walltime=1.7e9 + step, new_style=step % 2 == 1)
    writer.add_scalar("負", -1.5, -3)
    writer.add_image("sheet", np.zeros((3, 8, 8), np.float32), 1)
    writer.add_histogram("weights", np.arange(9.0), 1)
    writer.add_text("note", "7", 1)
    writer.add_tensor("vector", __import__("torch").arange(3.0), 1)
    writer.close()
    (file,) = tmp_path.iterdir()
    scalars, problems = read_scalars(file)
    assert problems == []
    losses = [scalar for scalar in scalars if scalar.tag == "Loss/D"]
    np.testing.assert_array_equal([scalar.value for scalar in losses], values)
    assert [scalar.step for scalar in losses] == [1000 * step for step in range(40)]
    assert [scalar.seconds for scalar in losses] == [1.7e9 + step for step in range(40)]
    assert [tuple(scalar)[:3] for scalar in scalars if scalar.tag != "Loss/D"] == [("負", -3, -1.5)]


def test_golden_bytes_are_read(tmp_path: Path) -> None:
    """As TensorBoard's RecordWriter of version 2.21 wrote them; the writer of this test makes the same."""
    golden = bytes.fromhex("1d00000000000000602fdf2309000000000000004010ac022a0f0a0d0a064c6f73732f47150000003f57c5251d")
    assert record(event("Loss/G", 300, 0.5, seconds=2.0)) == golden
    file = tmp_path / "events.out.tfevents.1"
    file.write_bytes(golden)
    assert read_scalars(file) == ([("Loss/G", 300, 0.5, 2.0)], [])


def test_a_damaged_record_is_passed_over_and_a_torn_end_is_said(tmp_path: Path) -> None:
    file = tmp_path / "events.out.tfevents.1"
    parts = [record(event("loss", step, 1.0)) for step in range(4)]
    flipped = bytearray(parts[1])
    flipped[-8] ^= 1
    file.write_bytes(parts[0] + bytes(flipped) + parts[2] + parts[3][:-3])
    scalars, problems = read_scalars(file)
    assert [scalar.step for scalar in scalars] == [0, 2]
    assert ["not there in full" in problems[0], "1 damaged" in problems[1]] == [True, True]
    broken = bytearray(parts[1])
    broken[0] ^= 1
    file.write_bytes(parts[0] + bytes(broken) + parts[2])
    scalars, problems = read_scalars(file)
    assert [scalar.step for scalar in scalars] == [0]
    assert problems == [f"{file.name}: byte {len(parts[0]):,}: no record begins here; the rest is not read"]


@given(content=st.binary(max_size=60) | st.lists(st.binary(max_size=40).map(record), max_size=3).map(b"".join))
@settings(max_examples=60, deadline=None)
def test_no_bytes_make_anything_but_scalars_or_an_error_of_ours(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("events") / "events.out.tfevents.1"
    file.write_bytes(content)
    try:
        read_scalars(file)
    except UnreadableRun as error:
        assert "no event file" in str(error)
