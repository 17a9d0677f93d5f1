"""The figures as data, before any browser."""

from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import plotly.graph_objects as go
import pytest

from collapse_probe._records import VerdictKind
from collapse_probe._report._captures import moving
from collapse_probe._report._figures import parts_figure, time_figure
from collapse_probe._report._rows import rows
from collapse_probe._report._style import VERDICTS, Figure
from collapse_probe._report._view import View, thin
from collapse_probe._store import Run, RunWriter, load
from tests.report.made_up_runs import BANDS, COLLAPSE, WARNING, image_run, point_run, ring


def view(run: Run) -> View:
    return View(run, number=1, captures=60)


def drawn(run: Run) -> Figure:
    figure = time_figure(view(run), list(rows(view(run))))
    assert figure is not None
    return figure


def trace(figure: Figure, column: str) -> dict[str, Any]:
    (found,) = [trace for trace in figure["data"] if trace["meta"] == column]
    return found


def run_of(folder: Path, **columns: Any) -> Run:
    step = np.arange(len(next(iter(columns.values()))))
    writer = RunWriter(folder, info={})
    writer.append_steps({"step": step, "time": step / 4} | {k: np.array(v, dtype=float) for k, v in columns.items()})
    return load(folder)


@pytest.fixture(scope="module")
def collapsed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return point_run(tmp_path_factory.mktemp("runs") / "collapsed", collapse_at=600)


def test_plotly_accepts_every_figure(collapsed: Run) -> None:
    figures = [drawn(collapsed), *(panel.figure for panel in moving(view(collapsed)).panels.values())]
    for figure in figures:
        assert len(go.Figure(figure).data) == len(figure["data"]) > 0


def test_every_recorded_value_is_drawn_at_its_step(collapsed: Run) -> None:
    figure = drawn(collapsed)
    for table in (collapsed.steps.drop(columns=["time", "canonical_loss_d", "canonical_loss_g"]), collapsed.statistics):
        for column in table:
            if "." not in column:
                assert trace(figure, column)["x"].tolist() == table.index.tolist()
                assert np.allclose(trace(figure, column)["y"], table[column], rtol=1e-5)


def test_all_rows_share_one_axis_of_steps_and_do_not_overlap(collapsed: Run) -> None:
    figure = drawn(collapsed)
    assert {trace["xaxis"] for trace in figure["data"]} == {"x"}
    domains = [value["domain"] for name, value in figure["layout"].items() if name.startswith("yaxis")]
    assert len(domains) == 8
    assert all(lower[1] < upper[0] for upper, lower in pairwise(domains))


def test_a_statistic_lies_over_the_band_of_real_data(collapsed: Run) -> None:
    figure = drawn(collapsed)
    mean, sd = BANDS["occupancy"]
    axis = trace(figure, "occupancy")["yaxis"]
    band, line = [trace for trace in figure["data"] if trace["meta"] == "band" and trace["yaxis"] == axis]
    assert band["y"] == pytest.approx([mean - 2 * sd, mean - 2 * sd, mean + 2 * sd, mean + 2 * sd])
    assert line["y"].tolist() == [mean, mean]


def test_an_event_is_a_dashed_line_at_its_onset_and_a_solid_one_where_it_was_raised(collapsed: Run) -> None:
    lines = {(shape["x0"], shape["line"]["dash"]) for shape in drawn(collapsed)["layout"]["shapes"] if "name" in shape}
    expected = {(e.onset, "dash") for e in (COLLAPSE, WARNING)} | {(e.step, "solid") for e in (COLLAPSE, WARNING)}
    assert expected <= lines


def test_the_legend_has_one_entry_for_each_severity_and_the_best_step(collapsed: Run) -> None:
    shapes = [shape for shape in drawn(collapsed)["layout"]["shapes"] if "name" in shape]
    shown = [shape["name"] for shape in shapes if shape["showlegend"]]
    assert sorted(shown) == sorted({shape["legendgroup"] for shape in shapes}) == ["best step", "critical", "warning"]


def test_an_event_says_on_hover_what_it_is(collapsed: Run) -> None:
    (said,) = [t["hovertemplate"] for t in drawn(collapsed)["data"] if t["meta"] == "event" and t["x"][0] == 600]
    words = said.replace("<br>", " ")
    assert COLLAPSE.message in words and "began at 600, raised at 640" in words


def test_the_given_losses_are_drawn_and_canonical_ones_only_in_their_place(tmp_path: Path) -> None:
    both = drawn(run_of(tmp_path / "a", loss_d=[1, 2], canonical_loss_d=[3, 4]))
    assert trace(both, "loss_d")["y"].tolist() == [1, 2]
    assert "as the training loop gave them" in both["layout"]["annotations"][0]["text"]
    canonical = drawn(run_of(tmp_path / "b", canonical_loss_d=[3, 4]))
    assert trace(canonical, "canonical_loss_d")["y"].tolist() == [3, 4]
    assert "canonical" in canonical["layout"]["annotations"][0]["text"]


def test_what_is_not_finite_is_a_gap(tmp_path: Path) -> None:
    figure = drawn(run_of(tmp_path, loss_g=[1, 1, np.nan, np.inf, 2, 3]))
    assert np.array_equal(trace(figure, "loss_g")["y"], [1, 1, np.nan, np.nan, 2, 3], equal_nan=True)


def test_a_gradient_that_vanished_is_drawn_on_the_lower_edge_and_told(tmp_path: Path) -> None:
    figure = drawn(run_of(tmp_path, grad_norm_g=[1, 0.1, 0]))
    assert trace(figure, "grad_norm_g")["y"].tolist() == [1, 0.1, 0.01]
    assert "zeros lie on the lower edge" in figure["layout"]["annotations"][0]["text"]


def test_a_constant_learning_rate_is_not_drawn_as_zero(tmp_path: Path) -> None:
    low, high = drawn(run_of(tmp_path, lr=[2e-4] * 5))["layout"]["yaxis"]["range"]
    assert 0 < low < 2e-4 < high < 1e-3


def test_a_long_line_is_shortened_and_keeps_its_peak(tmp_path: Path) -> None:
    values = np.zeros(30_000)
    values[12_345] = 80
    points = trace(drawn(run_of(tmp_path, loss_g=values)), "loss_g")
    assert len(points["x"]) <= 3000
    assert points["x"][points["y"] == 80].tolist() == [12_345]


def test_nothing_recorded_is_no_figure(tmp_path: Path) -> None:
    RunWriter(tmp_path, info={})
    empty = view(load(tmp_path))
    assert time_figure(empty, list(rows(empty))) is None


def test_shares_of_modes_stand_beside_those_of_the_data(collapsed: Run) -> None:
    figure, heights = parts_figure(view(collapsed), "mode_shares")
    assert [trace["name"] for trace in figure["data"]] == ["generated", "real data, mean ± 2 sd"]
    assert figure["data"][1]["y"].tolist() == [0.125] * 8
    assert heights[0][0] == pytest.approx(0.125, abs=1e-3) and heights[-1][0] == pytest.approx(0.925, abs=1e-3)


def test_the_slider_moves_the_points_of_each_capture(collapsed: Run) -> None:
    found = moving(view(collapsed))
    assert found.steps == collapsed.batches
    for step, move in zip(found.steps, found.panels["batch"].moves, strict=True):
        assert np.allclose(np.column_stack([*move["x"], *move["y"]]), collapsed.batch(step), atol=1e-5)


def test_the_axes_of_points_are_equal_and_stay_where_they_are(collapsed: Run) -> None:
    layout = moving(view(collapsed)).panels["batch"].figure["layout"]
    assert layout["yaxis"]["scaleanchor"] == "x"
    assert layout["xaxis"]["range"][0] < -1 and layout["xaxis"]["range"][1] > 1


def test_long_vectors_are_drawn_in_principal_directions_and_it_is_said(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={})
    writer.write_capture(0, {"generated": np.random.default_rng(0).normal(size=(50, 7))})
    writer.write_reference({"real": np.random.default_rng(1).normal(size=(90, 7))}, {})
    figure = moving(view(load(tmp_path))).panels["batch"].figure
    assert figure["layout"]["xaxis"]["title"]["text"] == "first principal direction"
    assert [len(trace["x"]) for trace in figure["data"]] == [50, 90]


def test_pictures_come_with_real_ones_beside_them(tmp_path: Path) -> None:
    found = moving(view(image_run(tmp_path / "digits", captures=3)))
    assert len(found.images) == 3 and found.real is not None
    assert found.captions == ["64 of 64 samples"] * 3


def test_a_capture_that_holds_nan_is_shown_and_told(tmp_path: Path) -> None:
    batch = ring(8, 20, 0)
    batch[3] = np.nan
    RunWriter(tmp_path, info={}).write_capture(5, {"generated": batch})
    assert moving(view(load(tmp_path))).panels["batch"].captions == ["19 of 20 samples; 1 of them hold NaN or infinity"]


def test_thinned_captures_keep_the_turn_and_its_neighbours() -> None:
    steps = list(range(0, 12_700, 100))
    shown = thin(steps, keep=[6_350, 2_900], most=60)
    assert {0, 12_600, 6_300, 6_400, 2_800, 2_900, 3_000} <= set(shown)
    assert 50 <= len(shown) <= 60
    assert shown == sorted(shown) and set(shown) <= set(steps)


def test_more_turns_than_room_stay_within_the_limit() -> None:
    steps = list(range(1000))
    shown = thin(steps, keep=range(0, 1000, 5), most=20)
    assert len(shown) <= 20 and {0, 999} <= set(shown)


def test_every_verdict_has_words_a_symbol_of_its_own_and_a_colour() -> None:
    assert set(VERDICTS) == set(get_args(VerdictKind))
    assert len({symbol for symbol, _, _ in VERDICTS.values()}) == len(VERDICTS)


def test_a_damaged_capture_is_left_out(collapsed: Run, tmp_path: Path) -> None:
    run = point_run(tmp_path / "run", every=200)
    path = run.path / "captures" / "000000400.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    assert moving(view(load(run.path))).steps == [0, 200, 600, 800]


def test_a_name_is_shown_as_it_stands_and_never_as_markup(tmp_path: Path) -> None:
    figure = drawn(run_of(tmp_path, **{"<a href='https://example.org'>lr</a>": [1, 2]}))
    assert "&lt;a href=" in figure["layout"]["annotations"][0]["text"]
    assert "<a" not in figure["layout"]["annotations"][0]["text"] + figure["data"][0]["hovertemplate"]


def test_a_capture_without_statistics_of_its_own_shows_the_last_ones_before_it(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={})
    writer.append_statistics(
        {"step": np.array([0, 20]), "shares.0": np.array([0.25, 1]), "shares.1": np.array([0.75, 0])}
    )
    for step in (0, 10, 20):
        writer.write_capture(step, {"generated": ring(8, 20, step)})
    assert parts_figure(view(load(tmp_path)), "shares")[1].tolist() == [[0.25, 0.75], [0.25, 0.75], [1, 0]]


def test_parts_stand_at_their_own_numbers_where_some_are_missing(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, info={})
    columns = {"class_diversity.0": np.array([1.0]), "class_diversity.6": np.array([0.1])}
    writer.append_statistics({"step": np.array([0])} | columns)
    figure, heights = parts_figure(view(load(tmp_path)), "class_diversity")
    assert figure["data"][0]["x"].tolist() == [0, 6]
    assert heights.tolist() == [[1, 0.1]]
