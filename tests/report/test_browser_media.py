"""A report on a phone and on paper: nothing cut, nothing empty, nothing dark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collapse_probe._report import report
from tests.report.browser import PHONE, Opened, opened
from tests.report.made_up_runs import image_run, labelled_run, point_run

pytestmark = pytest.mark.browser

INSIDE = """() => [...document.querySelectorAll('.plot')].filter(plot => plot.layout).map(function (plot) {
    const box = plot.getBoundingClientRect(), card = plot.closest('.card').getBoundingClientRect();
    const svg = plot.querySelector('.main-svg').getBoundingClientRect();
    return {id: plot.id, left: svg.left - card.left, right: card.right - svg.right, below: box.bottom - svg.bottom};
})"""
TITLES = """() => [...document.querySelectorAll('[data-figure=time]')].flatMap(function (plot) {
    const right = plot.getBoundingClientRect().right;
    return [...plot.querySelectorAll('.annotation-text')].map(text => right - text.getBoundingClientRect().right);
})"""
LEGEND = """() => [...document.querySelectorAll('[data-figure=time]')].map(function (plot) {
    const rows = [...plot.querySelectorAll('.annotation-text')].map(text => text.getBoundingClientRect().top);
    return Math.min(...rows) - plot.querySelector('.legend').getBoundingClientRect().bottom;
})"""
SHOWN = "() => [...document.querySelectorAll('img.sheet')].map(image => image.src.slice(0, 11))"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    point_run(folder / "a-collapsed", collapse_at=600)
    image_run(folder / "b-pictures")
    labelled_run(folder / "c-bars")
    return report(folder, tmp_path_factory.mktemp("page") / "report.html")


@pytest.fixture(scope="module")
def phone(browser: Any, path: Path) -> Iterator[Opened]:
    with opened(browser, path, PHONE, has_touch=True, is_mobile=True) as found:
        found.draw_all()
        yield found
        assert found.complaints == []


def test_on_a_phone_nothing_is_wider_than_the_screen_and_every_figure_is_within_its_card(phone: Opened) -> None:
    assert phone.run("() => document.documentElement.scrollWidth") <= PHONE[0]
    assert phone.run("() => [...document.querySelectorAll('.plot')].every(plot => plot.layout)")
    for figure in phone.run(INSIDE):
        assert figure["left"] >= 0 and figure["right"] >= 0 and figure["below"] >= -1, figure


def test_on_a_phone_the_titles_of_the_rows_are_whole_and_below_the_legend(phone: Opened) -> None:
    assert min(phone.run(TITLES)) >= 0
    assert min(phone.run(LEGEND)) >= 0


def test_on_a_phone_a_finger_on_a_figure_scrolls_the_page(phone: Opened) -> None:
    assert phone.run("() => [...document.querySelectorAll('.plot')].map(plot => plot.layout.dragmode)").count(False) > 9
    assert phone.page.locator(".modebar-btn").count() == 0


def test_a_page_that_was_only_opened_is_printed_whole_and_on_white(browser: Any, path: Path, tmp_path: Path) -> None:
    with opened(browser, path, color_scheme="dark") as page:
        page.run("() => { window.print = () => { window.printed = true; }; }")
        page.page.click("#print")
        page.wait("window.printed")
        assert page.run("() => [...document.querySelectorAll('.plot')].every(plot => plot.layout)")
        assert set(page.run(SHOWN)) == {"data:image/"}
        page.page.pdf(path=tmp_path / "report.pdf")
        assert page.complaints == []
    assert (tmp_path / "report.pdf").read_bytes().count(b"/Type /Page\n") > 5


def test_on_paper_figures_fit_their_cards_and_the_curves_of_a_run_one_page(browser: Any, path: Path) -> None:
    ink = "() => new Set([...document.querySelectorAll('.plot')].map(plot => plot.layout.font.color)).size"
    letter = (726, 966)  # within margins of 12 mm, in pixels
    with opened(browser, path, color_scheme="dark") as page:
        page.draw_all()
        before = page.run("() => document.querySelector('[data-figure=time]')._fullLayout.height")
        page.page.set_viewport_size({"width": letter[0], "height": letter[1]})
        page.page.emulate_media(media="print")
        page.run("() => dispatchEvent(new Event('beforeprint'))")
        page.wait("document.querySelector('[data-figure=time]').layout.width === 900")
        for figure in page.run(INSIDE):
            assert figure["left"] >= 0 and figure["right"] >= 0 and figure["below"] >= -1, figure
        heights = "() => [...document.querySelectorAll('[data-figure=time]')].map(plot => plot.offsetHeight)"
        assert max(page.run(heights)) <= letter[1]
        assert min(page.run(TITLES)) >= 0
        assert page.run(ink) == 1
        page.page.emulate_media(media="screen")
        page.run("() => dispatchEvent(new Event('afterprint'))")
        page.wait(f"document.querySelector('[data-figure=time]')._fullLayout.height === {before}")
        assert page.run("() => document.querySelector('[data-figure=time]').layout.font.color") == "#e4e8ee"
        assert page.complaints == []
