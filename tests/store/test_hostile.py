"""A run folder from anybody gives an error of ours, or harmless text."""

import json
import os
import signal
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, settings

import collapse_probe as cp
from collapse_probe._store import RunWriter, load_runs
from collapse_probe._store import _scan as scan_module
from collapse_probe._store import _tables as tables_module
from collapse_probe._store._blocks import decode, encode
from collapse_probe._store._scan import MOST_COLUMNS
from collapse_probe.errors import CollapseProbeWarning, InvalidArgument, UnreadableRun
from tests.store.hostile_runs import (
    COMMANDS,
    VILLAIN,
    Content,
    block,
    event,
    everything,
    folders,
    forged,
    frame,
    lay,
    read_by_all,
    run_json,
    sound,
    tensors,
)

FILES = [name for name in sound() if "/" not in name]
ONE_ROW = {"step": np.zeros(1, "<i8")}


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    """A reader that waits for ever fails, instead of keeping everybody waiting."""

    def too_late(*_: object) -> None:
        raise TimeoutError("it hangs")

    before = signal.signal(signal.SIGALRM, too_late)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@given(files=folders())
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # A folder printed in full fills the screen, and takes minutes to shrink.
    phases=[Phase.reuse, Phase.generate],
    verbosity=Verbosity.quiet,
)
def test_no_run_folder_crashes_a_reader(files: dict[str, Content]) -> None:
    with tempfile.TemporaryDirectory() as place:
        everything(lay(Path(place, "run"), files), Path(place, "report.html"))


def test_the_sound_run_that_the_others_are_made_from_is_read_without_a_complaint(tmp_path: Path) -> None:
    said = everything(lay(tmp_path / "run", sound()), tmp_path / "report.html")
    assert len(said) == len(COMMANDS)
    assert cp.load(tmp_path / "run").problems == []


@pytest.mark.parametrize("name", [*FILES, "captures/000000020.safetensors", "sheets/000000020.safetensors", "steps.1"])
@pytest.mark.parametrize("obstacle", ["pipe", "folder", "link", "device", "loop", "holes"])
def test_what_is_no_file_is_neither_opened_nor_waited_for(name: str, obstacle: str, tmp_path: Path) -> None:
    run = lay(tmp_path / "run", sound())
    (run / name).unlink(missing_ok=True)
    if obstacle == "pipe":
        os.mkfifo(run / name)
    elif obstacle == "folder":
        (run / name).mkdir()
    elif obstacle == "holes":
        with (run / name).open("wb") as stream:
            stream.truncate(100 * 10**9)
    else:
        lay(tmp_path / "secret", sound())
        targets = {"link": tmp_path / "secret" / "steps.0", "device": "/dev/zero", "loop": run / name}
        (run / name).symlink_to(targets[obstacle])
    said = " ".join(read_by_all(run))
    if name == "run.json":
        assert "run.json" in said
    else:
        (problem,) = cp.load(run).problems
        assert name in problem
        words = {"pipe": "is no file", "folder": "is no file", "holes": "bytes"}
        assert words.get(obstacle, "is a link") in problem


@pytest.mark.parametrize("name", ["captures", "sheets"])
def test_a_linked_folder_of_captures_is_not_looked_into(name: str, tmp_path: Path) -> None:
    files = {path: content for path, content in sound().items() if not path.startswith(name)}
    lay(tmp_path / "elsewhere", sound())
    run = lay(tmp_path / "run", files | {name: lambda path: path.symlink_to(tmp_path / "elsewhere" / name)})
    read = cp.load(run)
    assert getattr(read, {"captures": "batches"}.get(name, name)) == []
    assert [problem for problem in read.problems if problem.startswith(name)]


def test_a_run_folder_may_itself_be_a_link_and_counts_once(tmp_path: Path) -> None:
    lay(tmp_path / "elsewhere" / "run-1", sound())
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "linked").symlink_to(tmp_path / "elsewhere" / "run-1")
    (tmp_path / "runs" / "again").symlink_to(tmp_path / "runs")
    assert [run.path.name for run in load_runs(tmp_path / "runs")] == ["linked"]
    assert len(cp.load(tmp_path / "runs" / "linked").steps) == 40
    assert [run.path.name for run in load_runs(tmp_path)] == ["run-1"]


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    run = lay(tmp_path / "run", {"run.json": run_json()})
    for name in (f".run.json.{os.getpid()}.tmp", f".report.html.{os.getpid()}.tmp"):
        (run / name).symlink_to(victim)
    cp.report(run, run / "report.html")
    with pytest.raises(InvalidArgument, match="link"):
        RunWriter(run, info={})
    writer = RunWriter(tmp_path / "other", info={})
    (tmp_path / "other" / f".run.json.{os.getpid()}.tmp").symlink_to(victim)
    writer.update_info(note="x")
    assert victim.read_text() == "mine"
    assert cp.load(tmp_path / "other").info["note"] == "x"


def test_false_beginnings_that_claim_the_whole_file_are_not_read_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    header = json.dumps({"rows": 1, "start": 0, "columns": [["step", "<i8"]]}).encode()
    content = frame(header, b"\0" * 8) + b"".join(
        frame(header, b"", length=100_000, checksum=1) + b"\0" * 40 for _ in range(20_000)
    )
    summed = []
    monkeypatch.setattr(zlib, "crc32", lambda data, *more: summed.append(len(data)) or 0)
    decode(content)
    assert sum(summed) < (scan_module._PATIENCE + 2) * len(content)


@pytest.mark.parametrize(
    ("fields", "rows"),
    [
        ({"rows": 10**18}, 1),
        ({"rows": -1}, 1),
        ({"rows": 1.0}, 1),
        ({"rows": True}, 1),
        ({"start": -1}, 1),
        ({"start": 0.5}, 1),
        ({"start": "0"}, 1),
        ({"columns": [["step", "<i8"], ["step", "<i8"]]}, 2),
        ({"columns": [["step", "<f8"]]}, 1),
        ({"columns": [["step", "|O"]]}, 1),
        ({"columns": [[1, "<i8"]]}, 1),
        ({"columns": {"step": "<i8"}}, 1),
        ({"columns": "step"}, 1),
        ({"columns": [["step", "<i8"]] + [[f"c{i}", "<f4"] for i in range(10**6)], "rows": 0}, 0),
    ],
)
def test_a_header_that_lies_costs_its_block(fields: dict[str, object], rows: int) -> None:
    good = encode({"step": np.arange(3)}, start=0)
    bad = block({"step": np.zeros(rows, "<i8")}, fields)
    found, damaged = decode(bad + good)
    assert [len(each.columns["step"]) for each in found] == [3]
    assert damaged == [(0, len(bad))]


def test_a_header_nested_a_hundred_thousand_deep_costs_its_block() -> None:
    bad = frame(b'{"rows":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"")
    assert decode(bad) == ([], [(0, len(bad))])


def test_more_columns_than_are_read_are_not_written() -> None:
    columns = {"step": np.arange(1)} | {f"c{i}": np.zeros(1) for i in range(MOST_COLUMNS)}
    with pytest.raises(InvalidArgument, match=r"4,097 columns.*at most 4,096"):
        encode(columns, start=0)


def test_long_blocks_beside_wide_ones_do_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = 2**20
    monkeypatch.setattr(tables_module, "MOST_CELLS", cells)
    rows = cells // 1000
    wide = {f"c{i}": np.ones(1, "<f4") for i in range(MOST_COLUMNS - 1)}
    steps = block({"step": np.arange(rows), "loss_d": np.ones(rows, "<f4")}) + block(ONE_ROW | wide)
    run = cp.load(lay(tmp_path, {"run.json": run_json(), "steps.0": steps}))
    assert "loss_d" in run.steps
    assert run.steps.size < 1.1 * cells
    assert [problem for problem in run.problems if "columns are hardly used" in problem]


def test_many_starts_are_read_in_a_moment(tmp_path: Path) -> None:
    steps = b"".join(block(ONE_ROW, {"start": start}) for start in range(30_000))
    run = cp.load(lay(tmp_path, {"run.json": run_json(), "steps.0": steps}))
    assert run.steps.index.tolist() == [0]


@pytest.mark.parametrize(
    "fields",
    [
        {"starts": [1]},
        {"starts": [{"time": [1]}]},
        {"ends": ["finished"]},
        {"ends": [{"start": "0", "how": "finished"}]},
        {"ends": [{"start": 0, "how": {}}]},
        {"starts": {"0": 1}},
        {"format": True},
        {"format": 10**400},
        {"format": float("nan")},
    ],
)
def test_a_run_json_whose_fields_are_of_another_kind_is_unreadable(fields: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(UnreadableRun, match=r"run\.json"):
        cp.load(lay(tmp_path, {"run.json": run_json(**fields)}))


def test_starts_and_ends_that_lie_are_no_end(tmp_path: Path) -> None:
    ends = [{"start": start, "how": "finished"} for start in (-1, 7, 2**62)]
    assert not cp.load(lay(tmp_path, {"run.json": run_json(ends=ends)})).finished


@pytest.mark.parametrize(
    "fields",
    [
        {"step": 2**64},
        {"step": "3"},
        {"onset": None},
        {"severity": "<b>"},
        {"severity": []},
        {"kind": 1},
        {"message": {}},
        {"start": float("inf")},
        {"visible_at": 0.5},
        {"evidence": [1]},
        {"more": 1},
    ],
)
def test_a_line_that_is_no_event_is_a_problem(fields: dict[str, object], tmp_path: Path) -> None:
    run = cp.load(lay(tmp_path, {"run.json": run_json(), "events.jsonl": event(**fields) + event()}))
    assert len(run.event_list) == 1
    assert len(run.problems) == 1


def test_steps_at_both_ends_of_their_type_are_read_and_drawn(tmp_path: Path) -> None:
    ends = np.array([-(2**63), 0, 2**63 - 1])
    steps = block({"step": ends, "time": np.arange(3.0), "loss_d": np.array([np.inf, np.nan, 1.7e308])})
    run = lay(tmp_path / "run", sound() | {"steps.0": steps, "statistics.0": steps})
    everything(run, tmp_path / "report.html")
    assert cp.load(run).steps.index.tolist() == ends.tolist()


@pytest.mark.parametrize("bands", ["x", [1], {"a": "bc"}, {"a": [1]}, {"a": [1, 2, 3]}, {"a": {"b": 1, "c": 2}}])
def test_bands_that_are_none_are_unreadable_and_the_verdict_is_read(bands: object, tmp_path: Path) -> None:
    run = cp.load(
        lay(tmp_path, sound() | {"reference.safetensors": tensors({"bands": bands}, real=np.ones((40, 1, 6, 6)))})
    )
    assert run.verdict.reason
    with pytest.raises(UnreadableRun, match="bands"):
        _ = run.bands


def test_a_picture_of_a_billion_numbers_is_not_drawn(tmp_path: Path) -> None:
    size = 10**9
    header = {"generated": {"dtype": "U8", "shape": [1, size], "data_offsets": [0, size]}}

    def sparse(path: Path) -> None:
        with path.open("wb") as stream:
            stream.write(forged(header))
            stream.truncate(len(forged(header)) + size)

    run = lay(tmp_path / "run", sound() | {"captures/000000040.safetensors": sparse})
    everything(run, tmp_path / "report.html")
    with pytest.raises(UnreadableRun, match="nothing but holes"):
        cp.load(run).batch(40)


def test_what_a_terminal_would_obey_is_shown_instead(tmp_path: Path) -> None:
    name = os.fsdecode(b"run\x1b[31m\n\xff")
    events = event(message=VILLAIN, advice=VILLAIN, kind="collapse")
    lay(
        tmp_path / name,
        sound() | {"events.jsonl": events, "run.json": run_json(error=VILLAIN, tags={VILLAIN: VILLAIN})},
    )
    lay(tmp_path / (name + "2"), {"run.json": b"{"})
    said = everything(tmp_path, tmp_path / "report.html")
    assert [line for text in said for line in text.splitlines() if VILLAIN[:9] in line]
    for line in "".join(said).replace("\n", "").split("\0"):
        assert line.isprintable()
    with pytest.warns(CollapseProbeWarning) as warned:
        load_runs(tmp_path)
    assert all(str(warning.message).isprintable() for warning in warned)
