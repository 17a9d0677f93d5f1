"""The reader printed in docs/run-format.md, run as it stands there."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from collapse_probe._store import Run, RunWriter, load


def resumed_and_damaged_run(folder: Path) -> Run:
    first = RunWriter(folder, info={})
    for begin in range(0, 30, 10):
        step = np.arange(begin, begin + 10)
        first.append_steps({"step": step, "time": step / 3, "loss_d": np.sin(step), "lr": step.astype(np.float32)})
    first.append_statistics({"step": np.array([0, 15, 25]), "coverage": np.array([0.1, np.nan, 0.3])})
    content = bytearray((folder / "steps.0").read_bytes())
    content[len(content) // 2] ^= 4
    (folder / "steps.0").write_bytes(content + content[:50])
    second = RunWriter(folder, info={})
    second.append_steps({"step": np.array([21, 22]), "time": np.ones(2), "edge": np.array([np.inf, np.nan])})
    second.write_capture(22, {"generated": np.arange(12, dtype=np.float32).reshape(2, 3, 2)})
    return load(folder)


@pytest.mark.parametrize("stem", ["steps", "statistics"])
def test_the_documented_reader_reads_what_the_package_reads(tmp_path: Path, reader: dict[str, Any], stem: str) -> None:
    run = resumed_and_damaged_run(tmp_path)
    plain = reader["read_table"](tmp_path, stem)
    frame = getattr(run, stem)
    assert len(frame) > 1
    assert plain.pop("step").tolist() == frame.index.tolist()
    assert set(plain) <= set(frame)
    assert frame.drop(columns=list(plain)).isna().all(axis=None)
    for name, values in plain.items():
        assert np.array_equal(values, frame[name], equal_nan=True), name


def test_the_documented_reader_reads_captures(tmp_path: Path, reader: dict[str, Any]) -> None:
    run = resumed_and_damaged_run(tmp_path)
    plain, metadata = reader["read_tensors"](tmp_path / "captures" / "000000022.safetensors")
    assert metadata == {"step": 22, "start": 1}
    assert list(plain) == ["generated"]
    assert np.array_equal(plain["generated"], run.batch(22))
