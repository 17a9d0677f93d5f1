"""Finding runs, and saying well what is not one."""

import re
from pathlib import Path

import pytest

from collapse_probe._store import RunWriter, find_runs, load, load_runs
from collapse_probe.errors import CollapseProbeWarning, RunNotFound, UnreadableRun


def make(*paths: Path) -> None:
    for path in paths:
        RunWriter(path, info={}).close(how="finished")


def test_a_mistyped_path_is_answered_with_the_nearest_run(tmp_path: Path) -> None:
    make(tmp_path / "lego-01", tmp_path / "faces-3")
    with pytest.raises(
        RunNotFound, match=r"lego-1: nothing is there; expected .*run\.json; the nearest runs are .*lego-01"
    ):
        load(tmp_path / "lego-1")


def test_the_folder_above_is_answered_with_the_runs_in_it(tmp_path: Path) -> None:
    make(tmp_path / "lego-01")
    with pytest.raises(RunNotFound, match="lego-01"):
        load(tmp_path)


def test_a_file_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("")
    with pytest.raises(RunNotFound, match=r"log\.txt: a file"):
        load(tmp_path / "log.txt")


def test_an_empty_folder_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableRun, match=rf"{re.escape(str(tmp_path))}.*an empty folder.*expected a run folder"):
        load(tmp_path)


def test_a_run_that_lost_its_run_json_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "steps.0").write_bytes(b"")
    with pytest.raises(UnreadableRun, match=rf"{re.escape(str(tmp_path))}.*without run\.json.*expected a run folder"):
        load(tmp_path)


def test_runs_are_found_at_any_depth_in_the_order_of_their_paths(tmp_path: Path) -> None:
    make(tmp_path / "b", tmp_path / "a" / "deep" / "er", tmp_path / "a" / "first")
    assert [run.name for run in load_runs(tmp_path)] == ["er", "first", "b"]


def test_a_run_is_the_only_run_of_its_own_folder(tmp_path: Path) -> None:
    make(tmp_path)
    make(tmp_path / "captures" / "not-a-run")
    assert [run.path for run in load_runs(tmp_path)] == [tmp_path]


def test_an_unreadable_run_is_told_and_does_not_hide_the_others(tmp_path: Path) -> None:
    make(tmp_path / "good")
    for name in ("broken", "empty", "lost"):
        (tmp_path / name).mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    (tmp_path / "lost" / "steps.0").write_bytes(b"")
    runs, errors = find_runs(tmp_path)
    assert [run.name for run in runs] == ["good"]
    # A folder with nothing in it is nobody's run: it must not turn a check of its neighbours into an error.
    assert len(errors) == 2
    assert "broken" in str(errors[0])
    assert "lost" in str(errors[1])
    with pytest.warns(CollapseProbeWarning) as warned:
        assert [run.name for run in load_runs(tmp_path)] == ["good"]
    assert len(warned) == 2


def test_a_folder_without_any_run_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    for place in (tmp_path, tmp_path / "missing"):
        with pytest.raises(RunNotFound, match=place.name):
            load_runs(place)


def test_a_folder_of_unreadable_runs_is_not_found_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    with pytest.warns(CollapseProbeWarning), pytest.raises(RunNotFound, match="not JSON"):
        load_runs(tmp_path)
