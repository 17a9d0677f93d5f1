"""The report in a real browser without a network: it draws, and stays silent."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from collapse_probe._report import report
from collapse_probe._store import Run, load_runs
from tests.report.made_up_runs import image_run, point_run

pytestmark = pytest.mark.browser

VISIBLE = """() => [...document.querySelectorAll('.js-plotly-plot')].map(plot => {
    const marks = [...plot.querySelectorAll('svg .trace path, svg .trace rect, svg .points path')];
    const drawn = marks.map(mark => mark.getBoundingClientRect()).some(box => box.width > 0 && box.height > 0);
    const box = plot.getBoundingClientRect();
    return {id: plot.id, drawn, width: box.width, height: box.height};
})"""
DATA = """() => Object.fromEntries([...document.querySelectorAll('[data-role=time]')].map(plot => [
    plot.closest('section').querySelector('h2').textContent,
    Object.fromEntries(plot.data.map(trace => [trace.meta, trace.y.length]))]))"""


@dataclass
class Opened:
    """A page, and everything that it complained of or asked for."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


def chromium() -> str:
    """Its path; where CI is set a missing browser is a failure, since there these tests must run."""
    missing = pytest.fail if os.environ.get("CI") else pytest.skip
    path = shutil.which("chromium")
    if path is None:
        missing("THE REPORT WAS NOT LOOKED AT: no chromium on the path")
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        missing("THE REPORT WAS NOT LOOKED AT: playwright is not installed")
    return str(path)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    folder = tmp_path_factory.mktemp("runs")
    point_run(folder / "collapsed", collapse_at=600)
    image_run(folder / "digits")
    point_run(folder / "healthy </script>".replace("/", ""), every=100)
    return load_runs(folder)


@pytest.fixture(scope="module")
def opened(runs: list[Run], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    executable = chromium()
    from playwright.sync_api import sync_playwright

    path: Path = report(runs, tmp_path_factory.mktemp("page") / "report.html")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        page = browser.new_context(offline=True, viewport={"width": 1400, "height": 900}).new_page()
        found = Opened(page)
        page.on("console", lambda said: found.complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: found.complaints.append(f"error: {error}"))
        page.on("request", lambda request: found.requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("body[data-ready=yes]", timeout=60_000)
        yield found
        browser.close()


def test_the_page_draws_without_a_complaint(opened: Opened) -> None:
    assert opened.complaints == []


def test_the_page_asks_the_network_for_nothing(opened: Opened) -> None:
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []


def test_every_figure_has_a_drawing_in_it(opened: Opened) -> None:
    figures = opened.page.evaluate(VISIBLE)
    assert len(figures) == len(opened.page.query_selector_all(".plot")) == 9
    for figure in figures:
        assert figure["drawn"] and figure["width"] > 300 and figure["height"] > 200, figure


def test_the_figures_hold_every_point_of_the_runs(opened: Opened, runs: list[Run]) -> None:
    held = opened.page.evaluate(DATA)
    for run in runs:
        steps = run.steps.drop(columns="time").notna().sum()
        statistics = run.statistics[[name for name in run.statistics if "." not in name]].notna().sum()
        expected = {name: count for name, count in {**steps, **statistics}.items() if count}
        assert {name: held[run.name].get(name) for name in expected} == expected


def test_the_slider_shows_another_batch_in_all_parts(opened: Opened, runs: list[Run]) -> None:
    section = opened.page.query_selector("#run-1")
    cloud = section.query_selector("#run-1-moves-0")
    before = cloud.evaluate("plot => plot.data[0].x[0]")
    slide = "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }"
    section.query_selector("input").evaluate(slide, 3)
    opened.page.wait_for_function("document.querySelector('#run-1 output').textContent === 'step 60'")
    expected = runs[0].batch(60)[0, 0]
    assert cloud.evaluate("plot => plot.data[0].x[0]") == pytest.approx(float(expected), abs=1e-5) != before
    assert section.query_selector("#run-1-moves-1").evaluate("plot => plot.data[0].y[0]") < 0.2
    assert section.query_selector("[data-role=time]").evaluate("plot => plot.layout.shapes.at(-1).x0") == 60


def test_the_slider_shows_another_contact_sheet(opened: Opened) -> None:
    sheet = opened.page.query_selector("#run-2 img.moves")
    before = sheet.get_attribute("src")
    opened.page.query_selector("#run-2 input").evaluate("i => { i.value = 0; i.dispatchEvent(new Event('input')); }")
    opened.page.wait_for_function("document.querySelector('#run-2 output').textContent === 'step 0'")
    assert sheet.get_attribute("src") != before
    assert sheet.evaluate("image => image.decode().then(() => image.naturalWidth)") == 8 * 29 + 1


def test_a_click_on_an_onset_shows_that_step(opened: Opened) -> None:
    opened.page.click("#run-1 [data-jump='600']")
    assert opened.page.inner_text("#run-1 output") == "step 600"


def test_runs_are_compared_in_the_quantity_that_is_chosen(opened: Opened) -> None:
    opened.page.select_option("#choice", "loss_g")
    shown = "() => document.querySelector('#compare').data.filter(trace => trace.visible).map(trace => trace.name)"
    assert sorted(name.split()[1] for name in opened.page.evaluate(shown)) == ["collapsed", "digits", "healthy"]


def test_nothing_is_wider_than_a_laptop(opened: Opened) -> None:
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 1400
