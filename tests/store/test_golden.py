"""Folders of format 1, kept for ever: our reader and the one printed in docs/run-format.md read what was written."""

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from collapse_probe._store import load

GOLDEN = Path(__file__).parent / "golden"
RUNS = ("plain", "resumed", "ranks")
DIGEST = "09c526ba27eaf826e4924dabf8d0d4e8f34c28a408ac8471c289a87bda24614c"


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same runs as today's writer writes them."""
    spec = importlib.util.spec_from_file_location("make_golden", GOLDEN / "make.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("golden")
    module.main(folder)
    return folder


@pytest.fixture(params=["kept", "remade"])
def folder(request: pytest.FixtureRequest) -> Path:
    return GOLDEN if request.param == "kept" else request.getfixturevalue("remade")


def expected_of(folder: Path, name: str) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return expected


def is_table(columns: dict[str, np.ndarray], expected: dict[str, list[float]]) -> bool:
    """Whether the columns are these, to the bit but for the bits of a NaN."""
    alike = [np.array_equal(columns[name], np.array(values), equal_nan=True) for name, values in expected.items()]
    return columns.keys() == expected.keys() and all(alike)


def test_the_kept_folders_are_those_that_were_made_when_format_1_was_fixed() -> None:
    digest = hashlib.sha256()
    for path in sorted(path for name in RUNS for path in [GOLDEN / f"{name}.json", *(GOLDEN / name).rglob("*")]):
        if path.is_file():
            digest.update(path.relative_to(GOLDEN).as_posix().encode() + b"\0" + path.read_bytes())
    assert digest.hexdigest() == DIGEST


@pytest.mark.parametrize("name", RUNS)
def test_our_reader_reads_exactly_what_was_written(folder: Path, name: str) -> None:
    run, expected = load(folder / name), expected_of(folder, name)
    for stem in ("steps", "statistics"):
        table = getattr(run, stem).dropna(axis=1, how="all").reset_index()
        assert is_table({column: table[column].to_numpy() for column in table}, expected[stem]), stem
    assert {str(step): list(tensors) for step, tensors in ((s, run.capture(s)) for s in run.batches)} == {
        step: [key for key in tensors if key != "dtype"] for step, tensors in expected["captures"].items()
    }
    for step in run.batches:
        tensors = dict(expected["captures"][str(step)])
        assert run.batch(step).dtype == tensors.pop("dtype")
        assert {key: values.tolist() for key, values in run.capture(step).items()} == tensors
    assert {str(step): run.sheet(step).tolist() for step in run.sheets} == expected["sheets"]
    events = run.events.reset_index().to_dict("records")
    wanted = expected["events"]
    for event in events:
        event["visible_at"] = None if pd.isna(event["visible_at"]) else event["visible_at"]
    assert [{key: event[key] for key in wanted[0]} for event in events] == wanted
    assert all(event["message"] == f"step {event['step']}: “≤ half”" for event in events)
    assert run.reference is not None and run.reference.tolist() == (np.arange(12).reshape(2, 3, 2) + 7.0).tolist()
    assert {key: (band.mean, band.sd) for key, band in run.bands.items()} == {
        "occupancy": (0.9, 0.03125),
        "coverage": (0.75, 0.1),
    }
    assert (run.finished, len(run.info["starts"])) == (expected["finished"], expected["starts"])
    assert len(run.problems) == len(expected["problems"])
    assert all(said.startswith(begin) for said, begin in zip(run.problems, expected["problems"], strict=True))


@pytest.mark.parametrize("name", RUNS)
def test_the_documented_reader_reads_exactly_what_was_written(folder: Path, reader: dict[str, Any], name: str) -> None:
    run, expected = folder / name, expected_of(folder, name)
    for stem in ("steps", "statistics"):
        assert is_table(reader["read_table"](run, stem), expected[stem]), stem
    captures = {}
    for step, path in reader["captures"](run).items():
        tensors, metadata = reader["read_tensors"](path)
        assert metadata["step"] == step
        captures[str(step)] = {key: values.tolist() for key, values in tensors.items()} | {
            "dtype": str(tensors["generated"].dtype)
        }
    assert captures == expected["captures"]
    sheets = reader["captures"](run, "sheets").items()
    assert {str(s): reader["read_tensors"](path)[0]["sheet"].tolist() for s, path in sheets} == expected["sheets"]
    events = reader["read_events"](run)
    wanted = expected["events"]
    for event in events:
        event["evidence"] = {key: float(value) for key, value in event["evidence"].items()}
    assert [{key: event[key] for key in wanted[0]} for event in events] == wanted
    tensors, metadata = reader["read_tensors"](run / "reference.safetensors")
    assert tensors["real"].tolist() == (np.arange(12).reshape(2, 3, 2) + 7.0).tolist()
    assert tensors["occupancy.cells"].tolist() == [3, 1, 2]
    assert metadata["bands"] == {"occupancy": [0.9, 0.03125], "coverage": [0.75, 0.1]}


def test_the_kept_folders_take_less_than_100_kilobytes() -> None:
    assert sum(path.stat().st_size for path in GOLDEN.rglob("*") if path.is_file()) < 100_000
