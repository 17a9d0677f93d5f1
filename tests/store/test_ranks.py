"""Files of many ranks are read as one run, whatever happened to any of them."""

import json
from pathlib import Path

import numpy as np
import pytest

from collapse_probe._store import RunWriter, load
from collapse_probe.errors import InvalidArgument


def write(folder: Path, rank: int, first: int, last: int, **columns: float) -> RunWriter:
    """One start of a rank, with columns that do not change."""
    writer = RunWriter(folder, info={}, rank=rank)
    step = np.arange(first, last)
    values = {name: np.full(len(step), value) for name, value in columns.items()}
    writer.append_steps({"step": step, "time": step + 1000.0 * rank} | values)
    return writer


def move_starts(folder: Path, rank: int, times: list[float]) -> None:
    """As if the starts of a rank had been at these times."""
    path = folder / ("run.json" if rank == 0 else f"run.{rank}.json")
    content = json.loads(path.read_text())
    content["starts"] = [start | {"time": time} for start, time in zip(content["starts"], times, strict=True)]
    path.write_text(json.dumps(content))


def test_a_step_is_the_mean_over_the_ranks_that_have_a_number(tmp_path: Path) -> None:
    write(tmp_path, 0, 0, 3, loss_d=1.0, edge=np.nan, loss_g=np.inf)
    write(tmp_path, 1, 0, 3, loss_d=2.0, edge=0.5, loss_g=1.0, lr=0.1)
    write(tmp_path, 2, 0, 3, loss_d=6.0, edge=np.nan, loss_g=np.nan)
    steps = load(tmp_path).steps
    assert steps["loss_d"].tolist() == [3.0] * 3
    assert steps["edge"].tolist() == [0.5] * 3
    assert steps["loss_g"].tolist() == [np.inf] * 3
    assert steps["lr"].tolist() == [0.1] * 3
    assert steps["time"].tolist() == [0.0, 1.0, 2.0]
    assert steps["d_real"].isna().all()


def test_the_monitor_s_rows_are_those_of_rank_0(tmp_path: Path) -> None:
    write(tmp_path, 0, 0, 3, loss_d=1.0)
    write(tmp_path, 1, 0, 5, loss_d=np.nan)
    assert load(tmp_path).decisive_steps["loss_d"].tolist() == [1.0] * 3


def test_a_rank_that_died_early_counts_for_the_steps_it_has(tmp_path: Path) -> None:
    write(tmp_path, 0, 0, 4, loss_d=1.0)
    write(tmp_path, 1, 0, 2, loss_d=3.0)
    assert load(tmp_path).steps["loss_d"].tolist() == [2.0, 2.0, 1.0, 1.0]


def test_a_torn_file_of_one_rank_loses_only_its_torn_end(tmp_path: Path) -> None:
    write(tmp_path, 0, 0, 4, loss_d=1.0)
    writer = write(tmp_path, 1, 0, 2, loss_d=3.0)
    whole = len((tmp_path / "steps.1").read_bytes())
    writer.append_steps({"step": np.array([2]), "time": np.zeros(1), "loss_d": np.array([9.0])})
    (tmp_path / "steps.1").write_bytes((tmp_path / "steps.1").read_bytes()[: whole + 30])
    run = load(tmp_path)
    assert run.steps["loss_d"].tolist() == [2.0, 2.0, 1.0, 1.0]
    assert run.problems == []


def test_a_run_whose_rank_0_wrote_no_step_has_those_of_the_others(tmp_path: Path) -> None:
    RunWriter(tmp_path, info={})
    write(tmp_path, 1, 0, 2, loss_d=3.0)
    run = load(tmp_path)
    assert run.steps["loss_d"].tolist() == [3.0, 3.0]
    assert run.decisive_steps.empty


def test_a_stray_file_beside_the_ranks_is_none_of_them(tmp_path: Path) -> None:
    write(tmp_path, 0, 0, 2, loss_d=1.0)
    (tmp_path / "steps.0.bak").write_bytes((tmp_path / "steps.0").read_bytes())
    assert load(tmp_path).steps["loss_d"].tolist() == [1.0, 1.0]


def test_all_ranks_of_a_resumed_run_go_back_together(tmp_path: Path) -> None:
    for start in range(2):
        for rank in range(2):
            write(tmp_path, rank, 3 * start, 5, loss_d=float(10 * start + rank))
    for rank in range(2):
        move_starts(tmp_path, rank, [100.0 + rank, 200.0 - rank])
    assert load(tmp_path).steps["loss_d"].tolist() == [0.5, 0.5, 0.5, 10.5, 10.5]


def test_a_rank_that_joins_when_the_run_is_resumed_keeps_its_rows(tmp_path: Path) -> None:
    write(tmp_path, 0, 0, 5, loss_d=1.0)
    write(tmp_path, 0, 3, 6, loss_d=2.0)
    write(tmp_path, 1, 3, 6, loss_d=4.0)
    move_starts(tmp_path, 0, [100.0, 200.0])
    move_starts(tmp_path, 1, [201.0])
    assert load(tmp_path).steps["loss_d"].tolist() == [1.0, 1.0, 1.0, 3.0, 3.0, 3.0]


def test_rows_of_a_rank_that_is_gone_when_the_run_is_resumed_are_void_from_there(tmp_path: Path) -> None:
    write(tmp_path, 0, 0, 5, loss_d=1.0)
    write(tmp_path, 1, 0, 9, loss_d=3.0)
    write(tmp_path, 0, 3, 6, loss_d=2.0)
    move_starts(tmp_path, 0, [100.0, 200.0])
    move_starts(tmp_path, 1, [99.0])
    assert load(tmp_path).steps["loss_d"].tolist() == [2.0, 2.0, 2.0, 2.0, 2.0, 2.0]
    assert load(tmp_path).steps.index[-1] == 5


def test_ranks_that_go_on_from_different_steps_lose_nothing_to_each_other(tmp_path: Path) -> None:
    write(tmp_path, 0, 0, 6, loss_d=1.0)
    write(tmp_path, 1, 0, 6, loss_d=1.0)
    write(tmp_path, 0, 5, 7, loss_d=2.0)
    write(tmp_path, 1, 3, 7, loss_d=4.0)
    for rank in range(2):
        move_starts(tmp_path, rank, [100.0, 200.0])
    assert load(tmp_path).steps["loss_d"].tolist() == [1.0, 1.0, 1.0, 2.5, 2.5, 3.0, 3.0]


def test_a_rank_whose_run_json_is_unreadable_is_taken_at_its_own_count(tmp_path: Path) -> None:
    for rank in range(2):
        write(tmp_path, rank, 0, 4, loss_d=1.0)
        write(tmp_path, rank, 2, 4, loss_d=3.0)
    (tmp_path / "run.1.json").write_text("{")
    assert load(tmp_path).steps["loss_d"].tolist() == [1.0, 1.0, 3.0, 3.0]


@pytest.mark.parametrize("first", [0, 1])
def test_a_rank_that_comes_while_another_creates_the_folder_is_let_in(tmp_path: Path, first: int) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / (".run.json.77.tmp" if first == 0 else ".run.1.json.77.tmp")).write_text("{")
    RunWriter(folder, info={}, rank=1 - first)
    assert (folder / ("run.1.json" if first == 0 else "run.json")).is_file()


def test_a_hidden_file_of_somebody_else_still_keeps_a_folder_from_being_a_run(tmp_path: Path) -> None:
    (tmp_path / ".bashrc").write_text("mine")
    with pytest.raises(InvalidArgument, match="bashrc"):
        RunWriter(tmp_path, info={}, rank=1)
