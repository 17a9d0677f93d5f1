"""A run with labels, watched: class names, diversity by class, and pictures of each class beside real ones."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from collapse_probe import Probe, load
from collapse_probe._records import Event
from collapse_probe._report._by_class import by_class
from collapse_probe._report._figures import heat_figure, parts_figure
from collapse_probe._report._marks import message
from collapse_probe._report._text import advice
from collapse_probe._report._view import View
from collapse_probe._report._words import Words
from collapse_probe._store import Run, RunWriter
from tests.report.made_up_runs import bars, image_run, labelled_run

NAMES = ["0 across", "1 upright", "2 aslant"]
LIMITS = (-1.0, 1.0)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return labelled_run(tmp_path_factory.mktemp("runs") / "bars")


def tiles(uri: str) -> np.ndarray:
    """Grey pictures of 12 by 12, by row and column."""
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))
    rows, columns = (size // 13 for size in pixels.shape)
    return np.array(
        [[pixels[13 * y + 1 : 13 * y + 13, 13 * x + 1 : 13 * x + 13] for x in range(columns)] for y in range(rows)]
    )


def test_each_row_holds_the_pictures_of_one_class_beside_real_ones_of_it(run: Run) -> None:
    view = View(run)
    found = by_class(view, view.slider, LIMITS)
    assert found.names == NAMES and found.real is not None
    for sheet, columns in ((tiles(found.strip.images[0]), 8), (tiles(found.real.uri), 4)):
        assert sheet.shape == (3, columns, 12, 12)
        along_rows, along_columns = sheet.std(axis=3).mean(axis=(1, 2)), sheet.std(axis=2).mean(axis=(1, 2))
        assert along_rows[0] < along_columns[0] / 3 and along_columns[1] < along_rows[1] / 3


def test_a_class_that_became_alike_is_seen_in_its_row(run: Run) -> None:
    view = View(run)
    found = by_class(view, view.slider, LIMITS)
    shown = tiles(found.strip.images[found.strip.shown[view.slider.index(35)]]).astype(float)
    spread = shown.std(axis=1).mean(axis=(1, 2))
    assert spread[1] < spread[0] / 4 and spread[1] < spread[2] / 4


def test_a_place_without_a_picture_of_the_class_stays_white(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "run", info={})
    labels = np.array([0, 0, 0, 2, 2, -1])
    writer.write_capture(0, {"generated": bars(labels, 0), "labels": labels})
    view = View(load(tmp_path / "run"))
    found = by_class(view, view.slider, LIMITS)
    blank = (tiles(found.strip.images[0]) == 255).all(axis=(2, 3))
    assert found.names == ["0", "2"] and found.real is None
    assert blank.sum(axis=1).tolist() == [5, 6]


def test_of_many_classes_those_that_an_event_names_are_shown(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "run", info={"class_names": "no list"})
    labels = np.arange(40)
    writer.write_capture(0, {"generated": bars(labels % 3, 0), "labels": labels})
    view = View(load(tmp_path / "run"))
    about = {"class_diversity.37": 0.1}
    view.events = [Event("collapse", "warning", 9, 5, "Within class 37.", about, "Look.")]
    assert by_class(view, view.slider, LIMITS).names == [*map(str, range(15)), "37"]


def test_without_labels_there_is_nothing_by_class(tmp_path: Path) -> None:
    view = View(image_run(tmp_path / "run"))
    assert by_class(view, view.slider, LIMITS).names == []


def test_classes_have_their_names_in_bars_and_heat_map(run: Run) -> None:
    view = View(run)
    bars_of, _ = parts_figure(view, "class_diversity")
    heat = heat_figure(view, "class_diversity")
    assert heat is not None
    assert bars_of["data"][0]["x"] == NAMES == heat["data"][0]["y"]
    assert heat["data"][0]["z"][1, 30] < 0.1 < 0.8 < heat["data"][0]["z"][0, 30]


def test_events_call_classes_by_their_names_too(run: Run) -> None:
    for language, said in (
        ("en", "Collapse within classes 0 across, 2 aslant since"),
        ("ja", "クラス0 across, 2 aslant"),
    ):
        view = View(run, say=Words(language))  # type: ignore[arg-type]
        assert said in message(view, view.events[-1])
    view = View(run)
    whole = Event("collapse", "warning", 9, 5, "Narrowing: from 2 to 0.", {"diversity": 0.1}, "Look.")
    assert message(view, whole) == whole.message


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.array([0, 2]), ["0 across", "2 aslant"]),
        (np.array([1, 7]), ["1 upright", "7"]),
        (np.array([2]), ["2 aslant", "1"]),
        (np.array([0.0, 2.0]), ["0", "1"]),
        (None, ["0", "1"]),
    ],
    ids=["labels of classes", "one without a name", "one too few", "no labels", "fitted modes"],
)
def test_modes_that_a_classifier_tells_apart_have_the_names_of_its_classes(
    labels: np.ndarray | None, names: list[str], tmp_path: Path
) -> None:
    writer = RunWriter(tmp_path / "run", info={"class_names": ["across", "upright", "aslant"]})
    steps = np.arange(3)
    shares = {"mode_shares.0": np.full(3, 0.5), "mode_shares.1": np.full(3, 0.5)}
    writer.append_steps({"step": steps, "time": steps.astype(float)})
    writer.append_statistics({"step": steps, **shares})
    state = {} if labels is None else {"mode_shares.labels": labels}
    writer.write_reference({"real": bars(np.zeros(4, int), 0), **state}, {"bands": {}, "statistics": {}})
    view = View(load(tmp_path / "run"))
    assert view.part_names("mode_shares") == names
    heat = heat_figure(view, "mode_shares")
    assert heat is not None and heat["data"][0]["y"] == names


def test_a_classifier_given_as_modes_names_them(tmp_path: Path) -> None:
    def kind(samples: torch.Tensor) -> torch.Tensor:
        return torch.where(samples[:, 0] > 0, 2, 1)

    names = ["nobody", "left", "right"]
    with Probe(run=tmp_path / "run", real=torch.randn(200, 2), modes=kind, class_names=names) as probe:
        probe.step(fake=torch.randn(64, 2))
    assert View(load(tmp_path / "run")).part_names("mode_shares") == ["1 left", "2 right"]


def test_what_to_do_about_the_run_is_not_what_to_do_about_a_class(run: Run) -> None:
    assert run.event_list[-1].message.startswith("Collapse within classes 0, 2")
    assert advice(View(run)).startswith("Stop here")
