"""The page of the statistics: its script measures, draws and writes, and reads what it wrote."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from PIL import Image

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("statistics_page", DOCS / "statistics_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DOCS)
        # Data classes look their module up by name.
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        yield module
    torch.set_num_threads(threads)


def test_a_statistic_is_measured_drawn_and_put_on_a_page_that_can_be_read_again(
    script: ModuleType, tmp_path: Path
) -> None:
    found = script.entry("mode_shares", tmp_path)
    with Image.open(tmp_path / "statistics" / "mode_shares.png") as picture:
        assert picture.width > 800
    # A share of 1/8 falls to 1/15, or to 0: three binomial standard deviations from 289 samples on, or from 63.
    *_, half_a_mode, a_mode, half_of_the_modes = [part.strip() for part in found.row.strip("|").split("|")]
    assert half_a_mode in ("256", "512")
    assert {a_mode, half_of_the_modes} <= {"64", "128"}
    (again,) = script.entries_of(script.page([found]))
    assert again == found == script.written(script.fitted("mode_shares"), again.sizes)


def test_a_docstring_is_taken_apart_without_losing_a_line(script: ModuleType) -> None:
    def documented() -> None:
        """First line, |x|.

        More of it.

        Formula: a
            + b
        Unit: |x|.

        >>> 1 + 1
        2
        """

    lines = script.said(documented)
    assert (lines["summary"], lines["text"]) == ("First line, |x|.", "First line, |x|.\n\nMore of it.")
    assert (lines["Formula"], lines["Unit"]) == ("a + b", "|x|.")
    assert script.facts(lines) == "| | |\n|---|---|\n| Unit | \\|x\\|. |"
    assert script.example(lines) == "```pycon\n>>> import torch\n>>> 1 + 1\n2\n```"
