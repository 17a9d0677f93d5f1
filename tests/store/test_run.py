"""What goes into a run folder comes out of it."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from collapse_probe._records import Band, Event
from collapse_probe._store import Run, RunWriter, load, planned_steps
from collapse_probe.errors import InvalidArgument, UnreadableRun, UnsupportedFormat

COLLAPSE = Event("collapse", "critical", 7, 5, "one mode of eight is left", {"modes": 1.0, "z": float("-inf")}, "stop")


def steps(first: int, last: int, value: float = 0.0) -> dict[str, np.ndarray]:
    step = np.arange(first, last)
    return {"step": step, "time": step / 3, "loss_d": np.full(len(step), value)}


def test_steps_come_back_with_every_promised_column(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "deep" / "run", info={})
    writer.append_steps(steps(0, 3) | {"lr": np.array([0.1, np.nan, np.inf])})
    frame = load(tmp_path / "deep" / "run").steps
    assert frame.index.tolist() == [0, 1, 2]
    assert frame.index.name == "step" and frame.index.dtype == np.int64
    promised = "loss_d loss_g canonical_loss_d canonical_loss_g d_real d_fake edge grad_norm_d grad_norm_g time lr"
    assert list(frame) == promised.split()
    assert frame["time"].tolist() == [0, 1 / 3, 2 / 3]
    assert frame["lr"].tolist()[::2] == [0.1, np.inf]
    assert np.isnan(frame["lr"][1])
    assert frame["loss_d"].tolist() == [0.0] * 3
    assert frame["edge"].isna().all()


def test_a_column_that_joins_later_is_nan_before(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={})
    writer.append_steps(steps(0, 2))
    writer.append_steps(steps(2, 4) | {"lr": np.array([1.0, 2.0])})
    assert np.array_equal(load(tmp_path).steps["lr"], [np.nan, np.nan, 1, 2], equal_nan=True)


def test_a_run_without_a_single_row_has_empty_tables(tmp_path: Path) -> None:
    RunWriter(tmp_path, info={}).append_steps({"step": np.array([], dtype=int), "time": np.array([])})
    run = load(tmp_path)
    assert run.steps.empty and run.statistics.empty and run.events.empty and run.batches == []
    assert run.statistics.index.name == "step"
    assert "edge" in run.steps and "onset" in run.events
    assert run.reference is None and run.bands == {} and run.problems == []
    assert run.verdict.kind in ("insufficient_data", "unfinished")


def test_statistics_and_bands_come_back(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={})
    writer.append_statistics({"step": np.array([0, 50]), "coverage": np.array([0.1, np.nan])})
    writer.write_reference({"real": np.ones((4, 2))}, {"bands": {"coverage": [0.9, np.nan]}, "note": "frozen"})
    run = load(tmp_path)
    assert np.array_equal(run.statistics["coverage"], [0.1, np.nan], equal_nan=True)
    assert run.bands["coverage"].mean == 0.9 and np.isnan(run.bands["coverage"].sd)
    assert run.reference is not None and run.reference.tolist() == np.ones((4, 2)).tolist()
    assert run.reference_metadata["note"] == "frozen"
    assert isinstance(run.bands["coverage"], Band)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "uint8", "int64", "bool"])
def test_a_capture_keeps_type_shape_and_values(tmp_path: Path, dtype: str) -> None:
    generated = (np.arange(24).reshape(2, 3, 4) % 2).astype(dtype).transpose(2, 0, 1)
    writer = RunWriter(tmp_path, info={})
    writer.write_capture(120, {"generated": generated, "labels": np.array([1, 2])})
    run = load(tmp_path)
    assert run.batches == [120]
    assert run.batch(120).dtype == generated.dtype
    assert np.array_equal(run.batch(120), generated)
    assert run.capture(120)["labels"].tolist() == [1, 2]


def test_a_step_without_capture_names_its_neighbours(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={})
    for step in (0, 100, 200, 300, 5000):
        writer.write_capture(step, {"generated": np.zeros((2, 2))})
    with pytest.raises(InvalidArgument, match=r"step 150 .*0, 100, 200, 300$"):
        load(tmp_path).batch(150)


def test_a_capture_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="'generated'"):
        RunWriter(tmp_path, info={}).write_capture(0, {"labels": np.zeros(2)})


def test_an_event_comes_back_as_it_was_raised(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={})
    writer.append_event(COLLAPSE)
    run = load(tmp_path)
    assert run.event_list == [COLLAPSE]
    assert run.events.loc[7, "onset"] == 5
    assert run.events["visible_at"].isna().all()


def test_an_event_that_became_visible_later_stays_one_event(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={})
    writer.append_event(COLLAPSE)
    writer.append_event(COLLAPSE, visible_at=9)
    assert load(tmp_path).events["visible_at"].tolist() == [9]


def test_info_is_kept_and_updated(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={"tags": ("a",), "where": Path("x"), "share": np.float32(0.5), "cost": np.nan})
    writer.update_info(device="cpu")
    info = load(tmp_path).info
    assert info["tags"] == ["a"] and info["where"] == "x" and info["share"] == 0.5 and info["device"] == "cpu"
    assert np.isnan(float(info["cost"]))
    assert "NaN" not in (tmp_path / "run.json").read_text()


@pytest.mark.parametrize("name", ["format", "starts", "ends"])
def test_a_field_that_the_folder_needs_itself_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidArgument, match=name):
        RunWriter(tmp_path, info={name: 1})


def test_only_an_end_of_the_last_start_finishes_a_run(tmp_path: Path) -> None:
    first = RunWriter(tmp_path, info={})
    assert not load(tmp_path).finished
    first.close(how="exception", error="ValueError: no")
    first.close(how="interpreter exit")
    run = load(tmp_path)
    assert run.finished
    assert [(end["how"], end["error"]) for end in run.info["ends"]] == [("exception", "ValueError: no")]
    RunWriter(tmp_path, info={})
    assert not load(tmp_path).finished


def test_a_closed_writer_writes_nothing_more(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={})
    writer.close(how="finished")
    with pytest.raises(InvalidArgument, match="closed"):
        writer.append_steps(steps(0, 1))


def test_what_is_read_of_a_run_that_goes_on_is_never_ahead_of_its_steps(tmp_path: Path) -> None:
    """Whatever is asked for first, and though the writer goes on between two looks."""
    writer = RunWriter(tmp_path, info={})

    def write(step: int) -> None:
        writer.append_steps(steps(step, step + 1))
        writer.write_capture(step, {"generated": np.zeros((2, 2))})
        writer.write_sheet(step, np.zeros((2, 2)))
        writer.append_statistics({"step": np.array([step]), "x": np.ones(1)})
        writer.append_event(dataclasses.replace(COLLAPSE, step=step))

    parts = ("steps", "statistics", "events", "batches", "sheets", "problems", "verdict")
    for number, first in enumerate(parts):
        write(number)
        run = load(tmp_path)
        getattr(run, first)
        write(number + 100)
        known = set(run.steps.index)
        assert known.issuperset([*run.statistics.index, *run.events.index, *run.batches, *run.sheets]), first
        assert number in known and number + 100 not in known
        for step in (number, number + 100):
            writer.remove_capture(step)
            writer.remove_sheet(step)


def test_opening_a_run_reads_nothing_but_its_run_json(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={})
    writer.append_steps(steps(0, 3))
    run = load(tmp_path)
    (tmp_path / "steps.0").unlink()
    assert run.steps.empty


def test_a_resumed_run_has_no_zigzag(tmp_path: Path) -> None:
    first = RunWriter(tmp_path, info={"lr": 1})
    first.append_steps(steps(0, 10, 1.0))
    first.append_statistics({"step": np.array([0, 4, 8]), "x": np.ones(3)})
    first.append_event(COLLAPSE)
    for step in (0, 4, 8):
        first.write_capture(step, {"generated": np.zeros((2, 2))})
    second = RunWriter(tmp_path, info={"lr": 2})
    second.append_steps(steps(5, 7, 2.0))
    run = load(tmp_path)
    assert run.steps["loss_d"].tolist() == [1.0] * 5 + [2.0] * 2
    assert run.statistics.index.tolist() == [0, 4]
    assert run.batches == [0, 4]
    assert run.event_list == []
    assert run.info["lr"] == 2 and len(run.info["starts"]) == 2


def test_a_run_resumed_where_it_stopped_keeps_everything(tmp_path: Path) -> None:
    RunWriter(tmp_path, info={}).append_steps(steps(0, 10, 1.0))
    RunWriter(tmp_path, info={}).append_steps(steps(10, 12, 2.0))
    assert load(tmp_path).steps["loss_d"].tolist() == [1.0] * 10 + [2.0] * 2


def test_resuming_leaves_what_was_written_untouched(tmp_path: Path) -> None:
    RunWriter(tmp_path, info={}).append_steps(steps(0, 10))
    before = (tmp_path / "steps.0").read_bytes()
    RunWriter(tmp_path, info={}).append_steps(steps(3, 5))
    assert (tmp_path / "steps.0").read_bytes().startswith(before)


def test_a_step_recorded_twice_counts_once_and_the_newest_wins(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={})
    writer.append_steps(steps(0, 3, 1.0))
    writer.append_steps(steps(1, 2, 2.0))
    assert load(tmp_path).steps["loss_d"].tolist() == [1.0, 2.0, 1.0]


def test_ranks_share_no_file_and_their_steps_are_averaged(tmp_path: Path) -> None:
    second, first = RunWriter(tmp_path, info={}, rank=1), RunWriter(tmp_path, info={"tags": []})
    first.append_steps(steps(0, 3, 1.0))
    second.append_steps(steps(0, 5, 2.0))
    second.write_capture(3, {"generated": np.zeros((2, 2))})
    second.append_event(COLLAPSE)
    run = load(tmp_path)
    assert run.steps["loss_d"].tolist() == [1.5, 1.5, 1.5, 2.0, 2.0]
    assert run.decisive_steps["loss_d"].tolist() == [1.0, 1.0, 1.0]
    assert run.batches == [] and run.event_list == []
    assert len(run.info["starts"]) == 1


@pytest.mark.parametrize("missing", ["step", "time"])
def test_a_step_without_number_or_time_is_refused(tmp_path: Path, missing: str) -> None:
    columns = steps(0, 2)
    del columns[missing]
    with pytest.raises(InvalidArgument, match=f"'{missing}'"):
        RunWriter(tmp_path, info={}).append_steps(columns)


def test_a_file_cannot_be_a_run_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for place in (tmp_path / "notes.txt", tmp_path / "notes.txt" / "run"):
        with pytest.raises(InvalidArgument, match=r"notes\.txt"):
            RunWriter(place, info={})


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(InvalidArgument, match=r"thesis\.tex"):
        RunWriter(tmp_path, info={})
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_newer_format_is_neither_read_nor_written_to(tmp_path: Path) -> None:
    RunWriter(tmp_path, info={})
    content = json.loads((tmp_path / "run.json").read_text()) | {"format": 7}
    (tmp_path / "run.json").write_text(json.dumps(content))
    for attempt in (lambda: RunWriter(tmp_path, info={}), lambda: load(tmp_path)):
        with pytest.raises(UnsupportedFormat, match=r"format 7.*up to 1.*upgrade"):
            attempt()
    assert json.loads((tmp_path / "run.json").read_text()) == content


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 1}', '{"format": "1", "starts": [], "ends": []}'])
def test_a_run_json_that_is_none_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(UnreadableRun, match=r"run\.json"):
        load(tmp_path)


def test_a_run_opened_directly_is_the_run_that_load_gives(tmp_path: Path) -> None:
    RunWriter(tmp_path, info={"tags": ["x"]})
    assert Run(tmp_path).info == load(tmp_path).info
    assert load(tmp_path).name == tmp_path.name


@pytest.mark.parametrize(
    ("stored", "planned"),
    [(60_000, 60_000), (None, None), (0, None), (-5, None), (True, None), (10.0, None), ("many", None)],
)
def test_a_run_is_meant_to_be_as_long_as_its_file_says_where_that_makes_sense(
    stored: object, planned: int | None
) -> None:
    assert planned_steps({"total_steps": stored}) == planned
