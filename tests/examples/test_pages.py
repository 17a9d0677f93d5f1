"""The pages of the examples in small: they are written from runs, and every picture they show is there and light."""

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

DOCS = Path(__file__).parents[2] / "docs"
Example = Callable[[str], ModuleType]


RUNS = {
    "basics": {"0": [], "1": ["--seed", "1"]},
    "drawings": {"0": ["--steps", "40"], "longer/0": ["--steps", "40", "--experiment", "first"]},
    "lego": {"book/0": ["--run-on"], "without_dropout/0": ["--run-on", "--dropout", "0"]},
}


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("name", RUNS)
def test_a_page_is_written_from_the_runs_of_its_example(
    example: Example, pages: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(example(name), "DRAWN", 60)
    monkeypatch.setattr(importlib.import_module("_examples_page.scoring"), "DRAWN", 90)
    monkeypatch.setattr(importlib.import_module("_detection.truth"), "_STEPS", 4)
    for run, more in RUNS[name].items():
        small = ["--size", "16", "--steps", "16", "--width", "2", "--batch", "64"]
        example(name).main([*small, *more, "--run", str(tmp_path / "build" / name / run)])
    pages.main([str(tmp_path / "build"), "--only", name, "--output", str(tmp_path)])
    text = (tmp_path / f"{name}.md").read_text("utf-8")
    assert "{" not in text and "nan" not in text
    shown = re.findall(r"!\[.+?\]\((.+?)\)", text)
    assert sorted(shown) == sorted(picture.name for picture in tmp_path.glob("*.png"))
    for name in shown:
        with Image.open(tmp_path / name) as picture:
            assert picture.width > 300 and picture.height > 50


def test_a_page_without_runs_is_refused_with_what_was_expected(
    pages: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        pages.main([str(tmp_path), "--only", "basics", "--output", str(tmp_path / "pages")])
    assert "is no folder; expected the runs of basics" in capsys.readouterr().err


def test_a_picture_of_noise_is_made_light_enough_for_a_page(
    pages: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screens = importlib.import_module("_examples_page.screens")
    monkeypatch.setattr(screens, "MOST", 8_000)
    noise = np.random.default_rng(0).integers(0, 256, (220, 280, 3), dtype=np.uint8)
    screens.save(Image.fromarray(noise), tmp_path / "noise.png")
    assert (tmp_path / "noise.png").stat().st_size <= screens.MOST


def test_every_page_shows_pictures_that_are_there_and_is_in_the_index() -> None:
    index = (DOCS / "examples.md").read_text("utf-8")
    shown = set()
    for page in (DOCS / "examples").glob("*.md"):
        assert f"(examples/{page.name})" in index
        shown |= set(re.findall(r"!\[.+?\]\((.+?)\)", page.read_text("utf-8")))
    assert shown == {picture.name for picture in (DOCS / "examples").glob("*.png")}
