"""Pictures by class and joined points under the slider of a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collapse_probe._report import report
from tests.report.browser import PHONE, Opened, opened
from tests.report.made_up_runs import labelled_run, point_run

pytestmark = pytest.mark.browser

SLIDE = "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }"
ROWS = """() => [...document.querySelectorAll('#run-1 .classes > *')].map(each => {
    const box = each.getBoundingClientRect();
    return [Math.round(box.top), Math.round(box.bottom)];
})"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    runs = [labelled_run(folder / "bars"), point_run(folder / "ring", collapse_at=600)]
    return report(runs, tmp_path_factory.mktemp("page") / "report.html")


@pytest.fixture(scope="module")
def page(browser: Any, path: Path) -> Iterator[Opened]:
    with opened(browser, path) as found:
        found.draw_all()
        yield found
        assert found.complaints == []


def test_the_slider_moves_the_pictures_by_class_and_not_the_real_ones(page: Opened) -> None:
    sources = "() => [...document.querySelectorAll('[data-strip=classes] img')].map(image => image.src)"
    page.wait("document.querySelector('[data-strip=classes] img').src.startsWith('data:')")
    last = page.run(sources)
    page.page.query_selector("#run-1 input").evaluate(SLIDE, 0)
    page.wait("document.querySelector('#run-1 output').textContent === 'step 0'")
    first = page.run(sources)
    assert first[0] != last[0] and first[1] == last[1]
    assert page.page.text_content("[data-strip=classes] .strip-caption") == "step 0"


@pytest.mark.parametrize("size", [(1280, 800), PHONE])
def test_names_and_both_sheets_are_level(browser: Any, path: Path, size: tuple[int, int]) -> None:
    with opened(browser, path, size) as page:
        page.draw_all()
        page.wait("[...document.querySelectorAll('.classes img')].every(image => image.complete && image.src)")
        tops, bottoms = zip(*page.run(ROWS), strict=True)
        assert max(tops) - min(tops) <= 1 and max(bottoms) - min(bottoms) <= 2
        assert page.run("() => document.documentElement.scrollWidth") <= size[0]


def test_the_slider_joins_the_points_of_its_step(page: Opened) -> None:
    ends = "() => document.querySelector('#run-2-neighbours').data.slice(0, 4).map(trace => trace.x.length)"
    page.page.query_selector("#run-2 input").evaluate(SLIDE, 0)
    page.wait("document.querySelector('#run-2 output').textContent === 'step 0'")
    lines, *groups = page.run(ends)
    assert lines == 3 * 128 and sum(groups) == 128
    caption = page.page.locator("#run-2-neighbours").locator("xpath=preceding-sibling::h3").text_content()
    assert f"step 0: {groups[1]} of 128 are copies" in caption
