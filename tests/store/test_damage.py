"""Runs that are still being written, were killed, or lie on a bad disk."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from collapse_probe._records import Event
from collapse_probe._store import Job, Outbox, RunWriter, _appending, load
from collapse_probe._store._blocks import decode
from collapse_probe.errors import UnreadableRun

GOLDEN = Path(__file__).parent / "golden" / "resumed"
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


@pytest.mark.slow
def test_any_file_of_a_run_may_be_cut_at_any_byte(tmp_path: Path) -> None:
    shutil.copytree(GOLDEN, tmp_path, dirs_exist_ok=True)
    whole = load(tmp_path)
    steps, events = whole.steps, whole.event_list
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        content = path.read_bytes()
        for length in range(len(content)):
            path.write_bytes(content[:length])
            if path.name == "run.json":
                with pytest.raises(UnreadableRun, match=r"run\.json"):
                    load(tmp_path)
                continue
            run = load(tmp_path)
            assert path.name == "steps.0" or run.steps.equals(steps), (path.name, length)
            assert run.steps.index.is_monotonic_increasing and run.steps.index.is_unique
            assert path.name in ("events.jsonl", "steps.0", "statistics.0") or run.event_list == events
            if path.suffix == ".safetensors":
                assert any(path.name in said for said in run.problems), (path.name, length)
        path.write_bytes(content)


def test_every_bit_of_a_block_matters_and_costs_no_other_block() -> None:
    content = (GOLDEN / "steps.0").read_bytes()
    blocks, damaged = decode(content)
    ends = [begin for begin in range(len(content) + 1) if content[begin : begin + 4] == b"\x89CPB"]
    sound = [begin for begin in ends[:-1] if not any(a <= begin < b for a, b in damaged)]
    assert len(sound) == len(blocks)
    for number, begin in enumerate(sound):
        end = ends[ends.index(begin) + 1]
        for bit in range(8 * begin, 8 * end):
            flipped = bytearray(content)
            flipped[bit // 8] ^= 1 << bit % 8
            left, found = decode(bytes(flipped))
            assert any(a <= begin and end <= b for a, b in found), bit
            assert [block.payload for block in left] == [
                block.payload for block in blocks[:number] + blocks[number + 1 :]
            ]


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


def test_an_event_written_behind_a_line_that_a_kill_tore_is_not_lost_with_it(tmp_path: Path) -> None:
    RunWriter(tmp_path, info={}).append_event(EVENT)
    path = tmp_path / "events.jsonl"
    path.write_bytes(path.read_bytes() + b'{"kind": "colla')
    later = dataclasses.replace(EVENT, step=9)
    RunWriter(tmp_path, info={}).append_event(later)
    run = load(tmp_path)
    assert run.event_list == [EVENT, later]
    assert len(run.problems) == 1


def test_columns_are_named_again_after_a_block_that_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = RunWriter(tmp_path, info={})

    def append(step: int) -> None:
        writer.append_steps({"step": np.array([step]), "time": np.zeros(1), "loss_d": np.ones(1)})

    def full(file: int, content: bytes) -> None:
        raise OSError("no space left on device")

    for step in range(8):
        with monkeypatch.context() as patched:
            if step < 5:  # these would have named the columns
                patched.setattr(_appending, "_write", full)
                with pytest.raises(OSError, match="no space"):
                    append(step)
            else:
                append(step)
    assert load(tmp_path).steps.index.tolist() == [5, 6, 7]


def test_blocks_that_were_dropped_while_they_waited_take_no_later_ones_with_them(tmp_path: Path) -> None:
    class Forgetful(Outbox):
        """Drops the first five blocks of steps, and writes all else at once."""

        def __init__(self) -> None:
            self.dropped = 0

        def gaps(self) -> list[dict[str, object]]:
            return []

        def put(self, job: Job, *, marks: bool = False) -> bool:
            drops = job.what == "steps" and self.dropped < 5
            self.dropped += drops
            if not drops:
                job.write()
            return not drops

    writer = RunWriter(tmp_path, info={}, outbox=Forgetful())
    for step in range(8):
        writer.append_steps({"step": np.array([step]), "time": np.zeros(1), "loss_d": np.ones(1)})
    run = load(tmp_path)
    assert run.steps.index.tolist() == [5, 6, 7]
    assert run.problems == []


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
