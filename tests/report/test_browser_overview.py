"""The overview of a report in a real browser: sorted, searched, grouped, compared, and in the dark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from collapse_probe._report import report
from collapse_probe._store import Run, RunWriter, load
from tests.report.browser import Opened, opened
from tests.report.made_up_runs import image_run, point_run

pytestmark = pytest.mark.browser

SHOWN = "() => [...document.querySelectorAll('#overview tbody tr:not([hidden]) td.name a')].map(a => a.textContent)"
LINES = (
    "() => document.querySelector('#compare').data.map(line => [line.name, Array.from(line.x).at(-1), line.y.length])"
)
TABLE = """() => [...document.querySelectorAll('#compare-at tbody tr')].map(row =>
    [...row.cells].map(cell => cell.querySelector('img') ? cell.querySelector('img').alt : cell.textContent))"""


def hand_run(folder: Path, *, steps: int, every: int, tags: dict[str, str]) -> Run:
    """Half a second a step, batches of 32, two real batches a step; logged every few steps."""
    step = np.arange(0, steps, every)
    loop = {"batch_size": 32, "steps": steps, "calls": {"real": 2 * steps}}
    writer = RunWriter(folder, info={"tags": tags, "loop": loop})
    writer.append_steps({"step": step, "time": 1e9 + step / 2, "loss_g": step / 10.0})
    writer.close(how="finished")
    return load(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    point_run(folder / "a-healthy", every=100)
    point_run(folder / "b-collapsed", collapse_at=600, every=50)
    image_run(folder / "c-digits")
    hand_run(folder / "d-short", steps=200, every=1, tags={"net": "DCGAN", "データ": "数字"})
    hand_run(folder / "e-long", steps=800, every=10, tags={"net": "MLP"})
    return folder


@pytest.fixture(scope="module")
def path(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report(folder, tmp_path_factory.mktemp("page") / "report.html")


@pytest.fixture
def page(browser: Any, path: Path) -> Iterator[Opened]:
    with opened(browser, path) as found:
        found.wait("document.querySelector('#compare').dataset.drawn")
        yield found
        assert found.complaints == []


def test_what_needs_attention_comes_first_in_table_and_sections(page: Opened) -> None:
    shown = page.run(SHOWN)
    assert shown[0] == "b-collapsed" and shown[-2:] == ["a-healthy", "c-digits"]
    assert page.run("() => [...document.querySelectorAll('section.run h2')].map(h => h.textContent)") == shown


def test_a_click_on_a_heading_sorts_and_a_second_one_turns_it_round(page: Opened) -> None:
    heading = page.page.locator("thead button[data-sort=steps]")
    heading.click()
    by_steps = page.run(SHOWN)
    assert by_steps[:3] == ["e-long", "d-short", "c-digits"]
    heading.click()
    assert page.run(SHOWN)[-3:] == by_steps[:3][::-1]
    assert page.page.locator("th[aria-sort=descending]").text_content() == "steps"


def test_a_search_finds_names_tags_and_reasons_and_hides_the_other_sections(page: Opened) -> None:
    page.page.fill("#search", "数字")
    assert page.run(SHOWN) == ["d-short"]
    assert page.run("() => [...document.querySelectorAll('section.run:not([hidden]) h2')].length") == 1
    assert page.page.text_content("#found") == "1 of 5 runs"
    page.page.fill("#search", "effective")
    assert page.run(SHOWN) == []
    page.page.fill("#search", "")
    assert len(page.run(SHOWN)) == 5


def test_a_verdict_is_filtered_by(page: Opened) -> None:
    page.page.select_option("#verdicts", "collapsed")
    assert page.run(SHOWN) == ["b-collapsed"]


def test_runs_are_grouped_by_a_tag(page: Opened) -> None:
    page.page.select_option("#group", "net")
    heads = page.run("() => [...document.querySelectorAll('tr.group')].map(row => row.textContent)")
    assert sorted(heads) == ["DCGAN · 1", "MLP · 1", "without this tag · 3"]
    page.page.select_option("#group", "-")
    assert page.page.locator("tr.group").count() == 0


def test_runs_are_compared_at_equal_steps_samples_and_times_and_what_is_missing_is_said(page: Opened) -> None:
    page.page.select_option("#choice", "loss_g")
    page.wait("document.querySelector('#compare').data.length === 5")
    ends = {name.split()[-1]: end for name, end, _ in page.run(LINES)}
    assert ends == {"a-healthy": 999, "b-collapsed": 999, "c-digits": 299, "d-short": 199, "e-long": 790}
    assert "all of them reach 199, the longest 999" in page.page.text_content("#compare-notes")
    page.page.select_option("#axis", "samples")
    page.wait("document.querySelector('#compare').data.length === 2")
    assert {name.split()[-1]: end for name, end, _ in page.run(LINES)} == {"d-short": 200 * 64, "e-long": 791 * 64}
    assert "c-digits: its batch size was not recorded" in page.page.text_content("#compare-notes")
    page.page.select_option("#axis", "time")
    page.wait("document.querySelector('#compare').data.length === 5")
    ends = {name.split()[-1]: end for name, end, _ in page.run(LINES)}
    assert ends["e-long"] == pytest.approx(395, rel=1e-3) and ends["d-short"] == pytest.approx(99.5, rel=1e-3)


def test_at_one_place_the_numbers_and_pictures_of_all_runs_are_side_by_side(page: Opened) -> None:
    page.page.select_option("#choice", "loss_g")
    page.wait("document.querySelector('#compare').data.length === 5")
    place = (
        "value => { const at = document.querySelector('#at'); at.value = value; at.dispatchEvent(new Event('input')); }"
    )
    page.run(place, 255)
    rows = {row[0]: row[1:] for row in page.run(TABLE)}
    assert rows["d-short"] == ["–", "ended at 199", ""]
    assert rows["e-long"] == ["25", "step 250", ""]
    assert rows["c-digits"][1:] == ["step 255", "generated samples, step 239"]


def test_points_are_drawn_where_other_runs_have_pictures(page: Opened) -> None:
    page.page.select_option("#choice", "loss_g")
    page.wait("document.querySelector('#compare').data.length === 5")
    drawn = """([run, at]) => {
        const slider = document.querySelector('#at');
        slider.value = at;
        slider.dispatchEvent(new Event('input'));
        const rows = [...document.querySelectorAll('#compare-at tbody tr')];
        const canvas = rows.find(row => row.cells[0].textContent === run).querySelector('canvas');
        const pen = canvas.getContext('2d'), pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
        let [first, last] = [1, 0];
        for (let place = 0; place < pixels.length; place += 4) {
            // The generated ones are purple; those of the real data are green.
            if (pixels[place + 3] < 190 || pixels[place + 1] > pixels[place]) continue;
            const across = ((place / 4) % canvas.width) / canvas.width;
            [first, last] = [Math.min(first, across), Math.max(last, across)];
        }
        return [canvas.getAttribute('aria-label'), last - first];
    }"""
    # One mode of eight is left; the frame is half as wide again as the ring.
    for run, step, spread in (("b-collapsed", 450, 0.7), ("b-collapsed", 900, 0.1), ("a-healthy", 900, 0.7)):
        told, found = page.run(drawn, [run, step])
        assert told == f"generated samples, step {step}"
        assert found == pytest.approx(spread, abs=0.07)


def test_only_the_runs_that_are_ticked_are_compared(page: Opened) -> None:
    page.page.click("#pick-none")
    page.wait("document.querySelector('#compare').data.length === 0")
    page.page.check("tr[data-name=c-digits] input.pick")
    page.wait("document.querySelector('#compare').data.length === 1")
    assert page.run(LINES)[0][0].endswith("c-digits")


def test_a_run_without_the_quantity_is_named(page: Opened) -> None:
    page.page.select_option("#choice", "occupancy")
    page.wait("document.querySelector('#compare-notes').textContent.includes('has no')")
    assert "d-short: has no occupancy" in page.page.text_content("#compare-notes")


def test_the_table_is_sorted_by_the_keyboard_alone(page: Opened) -> None:
    page.page.focus("#search")
    for _ in range(4):
        page.page.keyboard.press("Tab")
    page.page.keyboard.press("Enter")
    assert page.run("() => document.activeElement.dataset.sort") == "attention"


def test_in_the_dark_text_is_light_and_paper_is_dark(browser: Any, path: Path) -> None:
    colours = """() => [getComputedStyle(document.body).backgroundColor,
        document.querySelector('#compare').layout.font.color]"""
    with opened(browser, path, color_scheme="dark") as page:
        page.wait("document.querySelector('#compare').dataset.drawn")
        assert page.run(colours) == ["rgb(20, 24, 30)", "#e4e8ee"]
        page.page.emulate_media(color_scheme="light")
        page.wait("document.querySelector('#compare').layout.font.color === '#1f2937'")
        assert page.complaints == []


def test_every_picture_and_figure_has_a_text_in_its_place(page: Opened) -> None:
    page.draw_all()
    assert page.run("() => [...document.querySelectorAll('img')].filter(each => !each.alt).length") == 0
    assert page.run("() => [...document.querySelectorAll('.plot')].filter(each => !each.ariaLabel).length") == 0
    assert page.run("() => [...document.querySelectorAll('svg.spark')].filter(each => !each.ariaLabel).length") == 0
    named = """() => [...document.querySelectorAll('main button, main select, main input')].filter(each =>
        !(each.textContent.trim() || each.ariaLabel || each.labels.length)).length"""
    assert page.run(named) == 0
