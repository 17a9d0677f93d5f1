"""Runs that are still being written, were killed, or lie on a bad disk."""

from pathlib import Path

import numpy as np
import pytest

from collapse_probe._records import Event
from collapse_probe._store import RunWriter, load
from collapse_probe.errors import UnreadableRun

EVENT = Event("revolution", "warning", 3, 2, "the discriminator won", {"edge": 1.0}, "lower its learning rate")


def write_run(folder: Path) -> list[int]:
    """Four blocks of five steps; returns the file's length after each."""
    writer = RunWriter(folder, info={})
    ends = []
    for first in range(0, 20, 5):
        step = np.arange(first, first + 5)
        writer.append_steps({"step": step, "time": step / 3, "loss_d": step / 7})
        ends.append((folder / "steps.0").stat().st_size)
    return ends


def test_a_run_cut_at_any_byte_is_a_prefix_of_itself(tmp_path: Path) -> None:
    ends = write_run(tmp_path)
    whole = load(tmp_path).steps
    content = (tmp_path / "steps.0").read_bytes()
    for length in range(len(content) + 1):
        (tmp_path / "steps.0").write_bytes(content[:length])
        run = load(tmp_path)
        assert run.steps.equals(whole.iloc[: 5 * sum(end <= length for end in ends)]), length
        assert run.problems == [], length


@pytest.mark.parametrize("block", range(4))
def test_a_bad_block_costs_its_rows_and_is_named_by_file_and_byte(tmp_path: Path, block: int) -> None:
    ends = write_run(tmp_path)
    whole = load(tmp_path).steps
    content = bytearray((tmp_path / "steps.0").read_bytes())
    content[ends[block] - 1] ^= 1
    (tmp_path / "steps.0").write_bytes(content)
    run = load(tmp_path)
    assert run.steps.equals(whole.drop(index=range(5 * block, 5 * block + 5)))
    begin = ([0, *ends])[block]
    (problem,) = run.problems
    assert problem.startswith(f"steps.0, byte {begin}: {ends[block] - begin} bytes")


@pytest.mark.parametrize("length", [1, 3, 10, 19, 30, 100])
def test_a_killed_run_that_is_resumed_goes_on_after_the_torn_block(tmp_path: Path, length: int) -> None:
    ends = write_run(tmp_path)
    content = (tmp_path / "steps.0").read_bytes()
    (tmp_path / "steps.0").write_bytes(content[: ends[2] + length])
    RunWriter(tmp_path, info={}).append_steps({"step": np.array([15, 16]), "time": np.zeros(2), "loss_d": np.ones(2)})
    run = load(tmp_path)
    assert run.steps.index.tolist() == list(range(17))
    assert len(run.problems) == 1 and f"byte {ends[2]}" in run.problems[0]


def test_a_torn_line_of_events_is_not_there_yet_and_a_broken_one_is_named(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={})
    writer.append_event(EVENT)
    path = tmp_path / "events.jsonl"
    line = path.read_bytes()
    for length in range(len(line)):
        path.write_bytes(line + line.replace(b'"step": 3', b'"step": 9')[:length])
        run = load(tmp_path)
        assert run.event_list == [EVENT] and run.problems == [], length
    path.write_bytes(b'{"kind": 1}\n' + line)
    run = load(tmp_path)
    assert run.event_list == [EVENT]
    assert run.problems == ["events.jsonl, byte 0: this line is not an event; skipped"]


def test_a_torn_capture_is_named_and_the_rest_of_the_run_is_read(tmp_path: Path) -> None:
    write_run(tmp_path)
    writer = RunWriter(tmp_path, info={})
    for step in (20, 25):
        writer.write_capture(step, {"generated": np.full((3, 2), step)})
    torn = tmp_path / "captures" / "000000025.safetensors"
    torn.write_bytes(torn.read_bytes()[:-5])
    run = load(tmp_path)
    assert len(run.steps) == 20 and run.batch(20)[0, 0] == 20
    with pytest.raises(UnreadableRun, match=r"000000025\.safetensors"):
        run.batch(25)
    (problem,) = run.problems
    assert problem.startswith("captures/000000025.safetensors, byte 0")


def test_a_torn_reference_does_not_keep_the_verdict_from_being_read(tmp_path: Path) -> None:
    write_run(tmp_path)
    writer = RunWriter(tmp_path, info={})
    writer.write_reference({"real": np.zeros((9, 2))}, {"bands": {"x": [1, 2]}})
    path = tmp_path / "reference.safetensors"
    path.write_bytes(path.read_bytes()[:20])
    run = load(tmp_path)
    assert run.verdict.reason
    with pytest.raises(UnreadableRun, match=r"reference\.safetensors"):
        _ = run.reference
    assert [problem.split(",")[0] for problem in run.problems] == ["reference.safetensors"]


def test_a_file_on_its_way_is_not_mistaken_for_a_capture(tmp_path: Path) -> None:
    RunWriter(tmp_path, info={}).write_capture(1, {"generated": np.zeros((2, 2))})
    (tmp_path / "captures" / ".000000002.safetensors.99.tmp").write_bytes(b"half")
    run = load(tmp_path)
    assert run.batches == [1] and run.problems == []


def test_nothing_temporary_stays_behind(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={})
    writer.write_capture(1, {"generated": np.zeros((2, 2))})
    writer.write_reference({"real": np.zeros((2, 2))}, {})
    writer.close(how="finished")
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "000000001.safetensors",
        "captures",
        "reference.safetensors",
        "run.json",
    ]


def test_a_reader_that_holds_a_file_open_keeps_the_whole_old_one(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={"note": "old"})
    before = (tmp_path / "run.json").read_bytes()
    with (tmp_path / "run.json").open("rb") as held:
        writer.update_info(note="a new and longer note")
        assert held.read() == before
    assert load(tmp_path).info["note"] == "a new and longer note"
