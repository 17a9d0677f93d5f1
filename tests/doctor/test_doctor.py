"""What is wrong with a run, and a new one that holds what is not."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import collapse_probe as cp
from collapse_probe._cli import main
from collapse_probe._doctor import examine, salvage
from collapse_probe._records import Event
from collapse_probe._store import RunWriter
from collapse_probe.errors import InvalidArgument

EVENT = Event("revolution", "warning", 3, 2, "the discriminator won", {"edge": 1.0}, "lower its learning rate")


def write_run(folder: Path, *, starts: int = 1, end: str | None = "finished") -> Path:
    """Forty steps in four blocks, two starts of which the second goes back by five if so wanted."""
    for start in range(starts):
        writer = RunWriter(folder, info={"world_size": 1})
        for first in range(35 * start, 35 * start + 40, 10):
            step = np.arange(first, first + 10)
            writer.append_steps({"step": step, "time": 100.0 * start + step, "loss_d": step / 7 + start})
            writer.append_statistics({"step": step[:1], "occupancy": step[:1] / 40})
            writer.write_capture(first, {"generated": np.full((4, 2), first)})
            writer.write_sheet(first, np.full((4, 2), first))
        writer.append_event(EVENT)
        writer.write_reference({"real": np.ones((9, 2))}, {"bands": {"occupancy": [1.0, 0.1]}})
        if end is not None:
            writer.close(how=end)
    return folder


def doctor(*arguments: object) -> Result:
    result = CliRunner().invoke(main, ["doctor", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def told(folder: Path) -> list[str]:
    return [str(finding) for finding in examine(folder).findings]


def damage(folder: Path) -> list[str]:
    return [str(finding) for finding in examine(folder).findings if finding.kind == "damage"]


def blocks_of(path: Path) -> list[int]:
    """Where each block begins, and where the last ends."""
    content = path.read_bytes()
    return [found.start() for found in re.finditer(b"\x89CPB", content)] + [len(content)]


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_a_sound_run_is_sound_and_nothing_is_said(tmp_path: Path) -> None:
    write_run(tmp_path / "run", starts=2)
    assert told(tmp_path / "run") == []
    result = doctor(tmp_path)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{tmp_path / 'run'}: sound; 75 steps, 8 captures, 8 sheets, 0.0 MB")


def test_what_it_says_takes_on_disk_is_what_the_files_take(tmp_path: Path) -> None:
    write_run(tmp_path)
    assert sum(examine(tmp_path).bytes_on_disk.values()) == sum(
        path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()
    )


def test_a_damaged_block_is_told_by_file_and_byte(tmp_path: Path) -> None:
    write_run(tmp_path)
    _, begin, end, *_ = blocks_of(tmp_path / "steps.0")
    flip(tmp_path / "steps.0", end - 9)
    (said,) = damage(tmp_path)
    assert said.startswith(f"steps.0, byte {begin:,}: {end - begin:,} bytes are not a whole block")
    assert "steps 10 to 19 are missing." in told(tmp_path)


def test_a_torn_end_is_no_damage_and_is_told(tmp_path: Path) -> None:
    write_run(tmp_path)
    content = (tmp_path / "steps.0").read_bytes()
    (tmp_path / "steps.0").write_bytes(content[:-7])
    diagnosis = examine(tmp_path)
    assert diagnosis.sound and diagnosis.steps == 30
    begin = blocks_of(tmp_path / "steps.0")[3]
    assert (
        f"steps.0, byte {begin:,}: the last {len(content) - 7 - begin:,} bytes are not there in full"
        in told(tmp_path)[0]
    )


@pytest.mark.parametrize(
    "name", ["captures/000000010.safetensors", "sheets/000000010.safetensors", "reference.safetensors"]
)
def test_a_torn_tensor_file_is_damage(tmp_path: Path, name: str) -> None:
    path = write_run(tmp_path) / name
    path.write_bytes(path.read_bytes()[:-1])
    assert [said.split(":")[0] for said in damage(tmp_path)] == [name]


def test_a_line_that_is_no_event_is_damage_and_a_torn_one_is_not(tmp_path: Path) -> None:
    path = write_run(tmp_path) / "events.jsonl"
    line = path.read_bytes()
    path.write_bytes(line + b"{}\n" + line[:-9])
    assert damage(tmp_path) == [
        f"events.jsonl, byte {len(line)}: this line is not an event. What is sound can be saved with --repair."
    ]
    assert [said for said in told(tmp_path) if f"byte {len(line) + 3}: the last {len(line) - 9} bytes" in said]


def test_a_start_without_an_end_is_told_and_so_is_one_that_goes_on(tmp_path: Path) -> None:
    write_run(tmp_path, end=None)
    assert "start 0 has no end on record: it goes on" in told(tmp_path)[0]
    os.utime(tmp_path / "steps.0", (1, 1))
    assert "start 0 has no end on record: it was killed" in told(tmp_path)[0]
    assert examine(tmp_path).sound


def test_missing_ranks_and_a_lost_run_json_of_a_rank_are_told(tmp_path: Path) -> None:
    write_run(tmp_path)
    RunWriter(tmp_path, info={}, rank=2).append_steps({"step": np.arange(3), "time": np.arange(3.0)})
    writer = RunWriter(tmp_path, info={"world_size": 4})
    writer.close(how="finished")
    assert [said for said in told(tmp_path) if "2 of 4 ranks left no steps: 1, 3" in said]
    (tmp_path / "run.2.json").unlink()
    assert [said.split(":")[0] for said in damage(tmp_path)] == ["run.2.json"]


def test_what_was_given_up_and_what_a_killed_process_left_is_told(tmp_path: Path) -> None:
    RunWriter(write_run(tmp_path), info={}).update_info(captures_removed=7)
    (tmp_path / "captures" / ".000000050.safetensors.3.tmp").write_bytes(b"half")
    said = " ".join(told(tmp_path))
    assert "7 captures were given up to stay within disk_limit" in said
    assert "captures/.000000050.safetensors.3.tmp: it was on its way" in said
    assert examine(tmp_path).thinned == {"captures": 7}


def test_a_newer_format_is_neither_blamed_nor_saved(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    content = json.loads((run / "run.json").read_text()) | {"format": 9}
    (run / "run.json").write_text(json.dumps(content))
    result = doctor(run, "--repair", tmp_path / "new")
    assert result.exit_code == 4
    assert "Nothing is wrong with it: pip install --upgrade" in result.stdout
    assert "Not saved" in result.stderr
    assert not (tmp_path / "new").exists()


def test_the_statuses_are_those_of_the_other_commands(tmp_path: Path) -> None:
    assert doctor(tmp_path / "missing").exit_code == 3
    write_run(tmp_path / "runs" / "a")
    assert doctor(tmp_path / "runs").exit_code == 0
    flip(write_run(tmp_path / "runs" / "b") / "steps.0", 50)
    assert doctor(tmp_path / "runs").exit_code == 4
    assert doctor(tmp_path / "runs", "--repair", tmp_path / "runs").exit_code == 2
    assert doctor(tmp_path / "runs", "--repair", tmp_path / "saved").exit_code == 0
    assert doctor(tmp_path / "saved").exit_code == 0
    assert [path.name for path in (tmp_path / "saved").iterdir()] == ["b"]


def test_json_holds_the_same_and_nothing_else_is_on_standard_output(tmp_path: Path) -> None:
    flip(write_run(tmp_path) / "steps.0", 50)
    (found,) = json.loads(doctor(tmp_path, "--json", "--repair", tmp_path.with_name("saved")).stdout)
    assert found["sound"] is False and found["steps"] == 30 and found["captures"] == 4
    assert found["findings"][0]["where"] == "steps.0" and found["findings"][0]["byte"] == 0


def test_a_repair_never_goes_over_or_into_anything(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    flip(run / "steps.0", 50)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    (tmp_path / "taken").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for destination in (tmp_path / "taken", tmp_path / "link", run):
        assert doctor(run, "--repair", destination).exit_code == 2
        with pytest.raises(InvalidArgument, match="goes into a new folder"):
            salvage(run, destination, examine(run))
    assert doctor(run, "--repair", run / "inside").exit_code == 4
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "run", "taken"]


def test_what_is_saved_is_byte_for_byte_and_says_what_was_left_out(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", starts=2)
    content = (run / "steps.0").read_bytes()
    place = blocks_of(run / "steps.0")[3]
    (run / "steps.0").write_bytes(content[:place] + b"lost" + content[place:] + content[:9])
    (run / "captures" / "000000010.safetensors").write_bytes(b"")
    original = cp.load(run)
    assert doctor(run, "--repair", tmp_path / "saved").exit_code == 0
    saved = tmp_path / "saved"
    assert (saved / "steps.0").read_bytes() == content
    for name in ("statistics.0", "events.jsonl", "reference.safetensors", "captures/000000035.safetensors"):
        assert (saved / name).read_bytes() == (run / name).read_bytes()
    new = cp.load(saved)
    assert new.steps.equals(original.steps) and new.statistics.equals(original.statistics)
    assert new.batches == [step for step in original.batches if step != 10]
    assert new.event_list == original.event_list
    left_out = " ".join(new.info["salvaged"]["left_out"])
    assert f"steps.0, byte {place:,}: 4 bytes" in left_out and "captures/000000010.safetensors" in left_out
    assert told(saved) == []


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"format": 1, "starts": [], "ends": []}'])
def test_a_lost_run_json_is_rebuilt_from_what_the_blocks_say(tmp_path: Path, content: bytes | None) -> None:
    run = write_run(tmp_path / "run", starts=2)
    original = cp.load(run)
    (run / "run.json").unlink()
    if content is not None:
        (run / "run.json").write_bytes(content)
    assert doctor(tmp_path / "run", "--repair", tmp_path / "saved").exit_code == 0
    new = cp.load(tmp_path / "saved")
    assert new.steps.equals(original.steps) and new.batches == original.batches
    assert [start["time"] for start in new.info["starts"]] == [0.0, 135.0]
    assert not new.finished


def test_ranks_are_saved_with_their_starts(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    other = RunWriter(run, info={}, rank=1)
    other.append_steps({"step": np.arange(50), "time": np.arange(50.0), "loss_d": np.zeros(50)})
    other.close(how="finished")
    original = cp.load(run)
    (run / "run.1.json").write_bytes(b"{")
    assert doctor(run, "--repair", tmp_path / "saved").exit_code == 0
    assert cp.load(tmp_path / "saved").steps.equals(original.steps)
    assert damage(tmp_path / "saved") == []


@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_cut_or_flipped_the_saved_run_is_sound_and_reads_the_same(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("case")
    run = write_run(place / "run", starts=2)
    files = sorted(run.rglob("*.*"))
    # Drawn as shares: times and process numbers make a run.json longer or shorter, and a draw must not depend on that.
    share = st.floats(0, 1)
    for number in data.draw(st.lists(st.integers(0, len(files) - 1), min_size=1, max_size=3)):
        flipped, at, bit, kept = data.draw(st.tuples(st.booleans(), share, st.integers(0, 7), share))
        content = bytearray(files[number].read_bytes())
        if content and flipped:
            content[min(int(at * len(content)), len(content) - 1)] ^= 1 << bit
        files[number].write_bytes(content[: round(kept * len(content))])
    was_sound = examine(run).sound
    assert doctor(run, "--repair", place / "saved").exit_code in (0, 4)
    if was_sound:
        assert not (place / "saved").exists()
        return
    assert damage(place / "saved") == []
    try:
        original = cp.load(run)
    except cp.errors.CollapseProbeError:
        return
    assert cp.load(place / "saved").steps.equals(original.steps)


def test_the_command_line_itself(tmp_path: Path) -> None:
    flip(write_run(tmp_path / "runs" / "a") / "steps.0", 50)
    write_run(tmp_path / "runs" / "b")
    command = [sys.executable, "-m", "collapse_probe", "doctor", tmp_path / "runs"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "1 thing is wrong; 30 steps" in done.stdout and "sound; 40 steps" in done.stdout
    assert done.stderr == ""
    saved = subprocess.run([*command, "--repair", tmp_path / "saved"], capture_output=True, text=True, check=False)
    assert saved.returncode == 0, saved.stderr
    assert "what is sound is in" in saved.stderr
