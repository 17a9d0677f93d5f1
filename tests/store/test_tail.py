"""A file of blocks that grows gives every row once, whatever part of it each look finds."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collapse_probe._store import StoredRows, Tail
from collapse_probe._store._blocks import Encoder
from collapse_probe._store._tables import read_rows
from collapse_probe.errors import UnreadableRun


def blocks(counts: list[int], *, start: int = 0) -> bytes:
    """Blocks of so many rows; most of the small ones do not name their columns."""
    encoder, step, content = Encoder(start=start), 0, b""
    for number, count in enumerate(counts):
        rows = np.arange(step, step + count)
        more = {"lr": rows / 3} if number % 5 == 4 else {}
        content += encoder.encode({"step": rows, "time": rows / 7, "loss_d": rows / 2, **more})
        step += count
    return content


def table(found: list[StoredRows]) -> dict[str, list[float]]:
    """All rows by column; NaN where a look had no such column."""
    names = dict.fromkeys(name for rows in found for name in rows.names)
    columns = {"step": [step for rows in found for step in rows.step.tolist()]}
    for name in names:
        columns[name] = [
            value
            for rows in found
            for value in (rows.values[rows.names.index(name)] if name in rows.names else [np.nan] * len(rows.step))
        ]
    return columns


@given(counts=st.lists(st.integers(1, 6), min_size=1, max_size=20), data=st.data())
@settings(max_examples=30, deadline=None)
def test_looks_at_any_moments_give_what_one_look_at_the_end_gives(
    counts: list[int], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("tail") / "steps.0"
    content = blocks(counts)
    if data.draw(st.booleans(), "damaged"):
        place = data.draw(st.integers(0, len(content) - 1), "byte")
        content = content[:place] + bytes([content[place] ^ 0x40]) + content[place + 1 :]
    cuts = sorted({0, len(content), *data.draw(st.lists(st.integers(0, len(content)), max_size=6), "cuts")})
    tail, found = Tail(path), []
    for begin, end in pairwise(cuts):
        with path.open("ab") as stream:
            stream.write(content[begin:end])
        found += [] if (rows := tail.read()) is None else [rows]
    whole = read_rows(path)
    assert table(found)["step"] == whole.step.tolist()
    for name, values in zip(whole.names, whole.values, strict=True):
        np.testing.assert_array_equal(table(found)[name] if len(whole.step) else [], values)


def test_nothing_is_read_twice_and_nothing_at_all_of_a_file_that_has_not_grown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from collapse_probe._store import _tail

    read: list[int] = []

    def counting(path: Path, *, most: int, begin: int = 0) -> bytes:
        content = path.read_bytes()[begin:]
        read.append(len(content))
        return content

    monkeypatch.setattr(_tail, "read_file", counting)
    path, content = tmp_path / "steps.0", blocks([3, 4, 5, 6])
    tail = Tail(path)
    assert tail.read() is None
    for end in (len(blocks([3])), len(blocks([3, 4, 5])), len(content)):
        path.write_bytes(b"") if not path.exists() else None
        with path.open("ab") as stream:
            stream.write(content[path.stat().st_size : end])
        assert tail.read() is not None
        assert tail.read() is None
    assert sum(read) == len(content)


def test_a_file_that_became_another_is_to_be_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "steps.0"
    path.write_bytes(blocks([3, 4]))
    tail = Tail(path)
    assert tail.read() is not None
    path.write_bytes(blocks([2]))
    with pytest.raises(UnreadableRun, match="not the file that it was"):
        tail.read()
