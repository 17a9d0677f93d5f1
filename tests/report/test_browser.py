"""The sections of a report in a real browser: they draw, stay silent, and answer to the pointer and the keyboard."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from collapse_probe._report import report
from collapse_probe._store import Run, load_runs
from tests.report.browser import Opened, opened
from tests.report.made_up_runs import image_run, point_run, spiked_run

pytestmark = pytest.mark.browser

VISIBLE = """() => [...document.querySelectorAll('.plot')].map(plot => {
    const marks = [...plot.querySelectorAll('svg .trace path, svg .points path, svg .hm image, svg image')];
    const drawn = marks.map(mark => mark.getBoundingClientRect()).some(box => box.width > 0 && box.height > 0);
    const box = plot.getBoundingClientRect();
    return {id: plot.id, drawn, width: box.width, height: box.height};
})"""
DATA = """() => Object.fromEntries([...document.querySelectorAll('[data-figure=time]')].map(plot => [
    plot.closest('section').querySelector('h2').textContent,
    Object.fromEntries(plot.data.map(trace => [trace.meta, Array.from(trace.y)]))]))"""
SLIDE = "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    folder = tmp_path_factory.mktemp("runs")
    point_run(folder / "collapsed", collapse_at=600)
    image_run(folder / "digits")
    point_run(folder / "healthy </script>".replace("/", ""), every=100)
    return load_runs(folder)


@pytest.fixture(scope="module")
def page(browser: Any, runs: list[Run], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened(browser, report(runs, tmp_path_factory.mktemp("page") / "report.html")) as found:
        found.draw_all()
        yield found


def test_the_page_draws_without_a_complaint(page: Opened) -> None:
    assert page.complaints == []


def test_the_page_asks_the_network_for_nothing(page: Opened) -> None:
    assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []


def test_every_figure_has_a_drawing_in_it(page: Opened) -> None:
    figures = page.run(VISIBLE)
    # Three runs: over training, distances, mode shares and their heat map; points have two clouds; and the comparison.
    assert len(figures) == 3 * 4 + 2 * 2 + 1
    for figure in figures:
        assert figure["drawn"] and figure["width"] > 300 and figure["height"] > 100, figure


def test_the_figures_hold_every_number_of_the_runs(page: Opened, runs: list[Run]) -> None:
    held = page.run(DATA)
    for run in runs:
        columns = [run.steps[name] for name in run.steps if name != "time" and "canonical" not in name]
        columns += [run.statistics[name] for name in run.statistics if "." not in name]
        for column in columns:
            assert np.allclose(held[run.name][column.name], column, rtol=1e-4, atol=1e-4), column.name


def test_the_slider_shows_another_batch_in_all_parts(page: Opened, runs: list[Run]) -> None:
    section = page.page.query_selector("#run-1")
    cloud = section.query_selector("#run-1-batch")
    before = cloud.evaluate("plot => plot.data[0].x[0]")
    section.query_selector("input").evaluate(SLIDE, 3)
    page.wait("document.querySelector('#run-1 output').textContent === 'step 60'")
    expected = runs[0].batch(60)[0, 0]
    assert cloud.evaluate("plot => plot.data[0].x[0]") == pytest.approx(float(expected), abs=1e-4) != before
    assert section.query_selector("#run-1-parts-0").evaluate("plot => plot.data[0].y[0]") < 0.2
    assert section.query_selector("#run-1-time").evaluate("plot => plot.layout.shapes.at(-1).x0") == 60


def test_the_slider_shows_another_contact_sheet_and_its_neighbours(page: Opened) -> None:
    sheet, strip = page.page.query_selector("#run-2 img.moves"), page.page.query_selector("#run-2 img.strip")
    before = sheet.get_attribute("src"), strip.get_attribute("src")
    page.page.query_selector("#run-2 input").evaluate(SLIDE, 0)
    page.wait("document.querySelector('#run-2 output').textContent === 'step 0'")
    assert sheet.get_attribute("src") != before[0] and strip.get_attribute("src") != before[1]
    assert sheet.get_attribute("alt") == "generated samples, step 0"
    assert sheet.evaluate("image => image.decode().then(() => image.naturalWidth)") == 8 * 29 + 1
    assert "64 are unlike any real sample" in page.page.text_content("#run-2 .strip-caption")


def test_an_event_is_jumped_to_by_its_link_and_from_the_list(page: Opened) -> None:
    page.page.click("#run-1 [data-jump='600']")
    assert page.page.text_content("#run-1 output") == "step 600"
    page.page.select_option("#run-1 .slider select", label="onset of revolution (warning): 590")
    assert page.page.text_content("#run-1 output") in ("step 580", "step 600")


def test_play_moves_the_slider_to_its_end_and_stops(page: Opened) -> None:
    page.page.query_selector("#run-2 input").evaluate(SLIDE, 4)
    page.page.click("#run-2 .slider button")
    page.wait("document.querySelector('#run-2 output').textContent === 'step 299'")
    assert page.page.text_content("#run-2 .slider button") == "▶ play"


def test_the_slider_is_moved_by_the_keyboard(page: Opened) -> None:
    page.page.query_selector("#run-1 input").evaluate(SLIDE, 3)
    page.page.focus("#run-1 input")
    page.page.keyboard.press("ArrowRight")
    page.wait("document.querySelector('#run-1 output').textContent === 'step 80'")


def test_hovering_one_panel_reads_all_of_them_at_its_step(page: Opened, runs: list[Run]) -> None:
    page.run("() => document.querySelector('#run-1-time').scrollIntoView()")
    box = page.page.query_selector_all("#run-1-time .nsewdrag")[2].bounding_box()
    place = page.run("() => { const a = document.querySelector('#run-1-time')._fullLayout.xaxis; return a.l2p(700); }")
    page.page.mouse.move(box["x"] + place, box["y"] + 60)
    page.wait("document.querySelector('#run-1-time .hoverlayer').textContent.length > 0")
    said = page.run("() => document.querySelector('#run-1-time .hoverlayer').textContent")
    step = int(re.match(r"\d+", said)[0])
    assert abs(step - 700) < 3
    row = runs[0].steps.loc[step]
    for name in ("loss_d", "loss_g", "d_real", "edge", "grad_norm_g", "lr"):
        (value,) = re.findall(rf"{name} (−?[\d.]+(?:e[−+]?\d+)?)", said)
        assert float(value.replace("−", "-")) == pytest.approx(row[name], rel=1e-3), name
    assert "occupancy 0.14" in said and "real data 0.95, step 700" in said


def test_zooming_the_panels_zooms_the_heat_map_with_them(page: Opened) -> None:
    page.run("() => Plotly.relayout(document.querySelector('#run-1-time'), {'xaxis.range': [100, 300]})")
    page.wait("document.querySelector('#run-1-heat-0').layout.xaxis.range[0] === 100")
    assert page.run("() => document.querySelector('#run-1-heat-0').layout.xaxis.range") == [100, 300]


def test_nothing_is_wider_than_a_laptop(page: Opened) -> None:
    assert page.run("() => document.documentElement.scrollWidth") <= 1280


def test_a_spike_of_five_steps_reaches_the_top_of_its_panel_in_twelve_runs_of_twelve(
    browser: Any, tmp_path: Path
) -> None:
    random = np.random.default_rng(5)
    places = [int(random.integers(0, 19_995)) for _ in range(12)]
    for number, place in enumerate(places):
        spiked_run(tmp_path / "runs" / f"run-{number:02}", steps=20_000, at=place)
    tops = """() => [...document.querySelectorAll('[data-figure=time]')].map(plot => {
        const line = plot.querySelector('.js-line').getBoundingClientRect(), axis = plot._fullLayout;
        const frame = plot.querySelector('.nsewdrag').getBoundingClientRect();
        return frame.top + axis.yaxis.l2p(9) - line.top;
    })"""
    with opened(browser, report(tmp_path / "runs", tmp_path / "report.html")) as page:
        page.draw_all()
        distances = page.run(tops)
        held = page.run(DATA)
        assert page.complaints == []
    assert len(distances) == 12 and max(map(abs, distances)) < 2
    assert [max(held[f"run-{number:02}"]["loss_d"]) for number in range(12)] == pytest.approx([9] * 12, rel=1e-4)
