"""`cp.figures`: every figure of the report on its own, and a run in a notebook."""

from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

import collapse_probe as cp
from collapse_probe._store import Run, RunWriter, load
from collapse_probe.errors import InvalidArgument
from tests.report.made_up_runs import image_run, point_run, strokes


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return point_run(tmp_path_factory.mktemp("runs") / "<b>points</b>", collapse_at=600, every=100)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs") / "pictures"
    image_run(folder)
    RunWriter(folder, info={}).write_sheet(5, strokes(9, 1, 28, 1))
    return load(folder)


def test_over_training_holds_the_recorded_columns(points: Run) -> None:
    figure = cp.figures.over_training(points)
    (loss,) = [trace for trace in figure.data if trace.meta == "loss_g"]
    assert np.allclose(loss.y, points.steps["loss_g"])


def test_runs_are_compared_in_one_column_and_those_without_it_left_out(points: Run, pictures: Run) -> None:
    assert len(cp.figures.compare([points, pictures], "lr").data) == 2
    assert len(cp.figures.compare([points, pictures]).data) == 2
    with pytest.raises(InvalidArgument, match=r"'loss'.*loss_d"):
        cp.figures.compare([points], "loss")


def test_a_batch_is_points_or_a_sheet_of_pictures(points: Run, pictures: Run) -> None:
    cloud = cp.figures.batch(points, 300).data[0]
    assert np.allclose(np.column_stack([cloud.x, cloud.y]), points.batch(300))
    for figure in (
        cp.figures.batch(pictures),
        cp.figures.batch(pictures, 0),
        cp.figures.fixed_latents(pictures),
        cp.figures.neighbours(pictures),
    ):
        assert isinstance(figure.data[0], go.Image) and figure.data[0].source.startswith("data:image/")


def test_parts_stand_at_the_step_that_is_asked_for_and_over_all_of_them(points: Run) -> None:
    assert cp.figures.parts(points, step=900).data[0].y[0] == pytest.approx(0.925, abs=1e-3)
    heat = cp.figures.parts(points, over_time=True).data[0]
    assert np.array(heat.z).shape == (8, 10) and list(heat.x) == points.statistics.index.tolist()
    with pytest.raises(InvalidArgument, match=r"'shares'.*mode_shares"):
        cp.figures.parts(points, "shares")


def test_distances_are_drawn_beside_real_ones(points: Run) -> None:
    assert [trace.name for trace in cp.figures.distances(points, 300).data] == ["generated", "real data"]


def test_points_are_joined_to_real_ones(points: Run) -> None:
    lines, *groups, real = cp.figures.neighbours(points, 300).data
    assert lines.mode == "lines" and len(lines.x) == 3 * 128 and real.name == "real data"
    assert sum(len(group.x) for group in groups) == 128


def test_what_was_not_stored_is_said(points: Run, tmp_path: Path) -> None:
    for function in (cp.figures.latents, cp.figures.fixed_latents):
        with pytest.raises(InvalidArgument, match="expected"):
            function(points)
    alone = RunWriter(tmp_path / "alone", info={})
    alone.write_capture(0, {"generated": np.zeros((9, 2), np.float32)})
    with pytest.raises(InvalidArgument, match="no real samples like the generated ones"):
        cp.figures.neighbours(load(alone.path))
    empty = load(RunWriter(tmp_path / "empty", info={}).path)
    for function in (cp.figures.over_training, cp.figures.batch):
        with pytest.raises(InvalidArgument, match="expected"):
            function(empty)


def test_a_run_shows_itself_in_a_notebook_and_its_name_stays_text(points: Run) -> None:
    shown = points._repr_html_()  # type: ignore[operator]
    assert "Collapsed at step 600" in shown and "<svg" in shown and "data:image/png" in shown
    assert "What to do: Stop here" in shown
    assert "<b>points</b>" not in shown and "&lt;b&gt;points" in shown
