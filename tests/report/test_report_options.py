"""Where plotly.js comes from, how large a page may be, and reports on more runs than one page holds."""

import re
from pathlib import Path

import numpy as np
import pytest

from collapse_probe import report
from collapse_probe._store import RunWriter
from collapse_probe.errors import InvalidArgument
from tests.report.browser import opened
from tests.report.made_up_runs import image_run, point_run, spiked_run


def test_plotly_beside_the_page_or_from_its_network_makes_the_page_small(tmp_path: Path) -> None:
    run = point_run(tmp_path / "run", every=200)
    beside = report(run, tmp_path / "beside" / "report.html", plotlyjs="directory")
    assert beside.stat().st_size < 200_000
    (script,) = beside.parent.glob("plotly-*.min.js")
    assert script.stat().st_size > 1_000_000 and f"src='{script.name}'" in beside.read_text("utf-8")
    linked = report(run, tmp_path / "linked.html", plotlyjs="cdn").read_text("utf-8")
    assert re.search(r"src='https://cdn\.plot\.ly/plotly-[\d.]+\.min\.js' integrity='sha256-[\w+/=]{44}'", linked)
    assert "script-src 'unsafe-inline' 'unsafe-eval' https://cdn.plot.ly/" in linked


def test_a_run_of_twenty_thousand_steps_takes_less_than_150_kilobytes_of_the_page(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for number in range(2):
        writer = RunWriter(tmp_path / "runs" / str(number), info={})
        columns = {name: random.normal(size=20_000) for name in ("loss_d", "loss_g", "d_real", "d_fake", "edge")}
        writer.append_steps({"step": np.arange(20_000), "time": 1e9 + np.arange(20_000) / 9} | columns)
    one, two = (
        report(runs, tmp_path / "report.html").stat().st_size for runs in (tmp_path / "runs" / "0", tmp_path / "runs")
    )
    assert two - one < 150_000
    assert one < 5_200_000


def test_a_page_stays_within_its_bytes_and_says_what_it_left_out(tmp_path: Path) -> None:
    image_run(tmp_path / "run", captures=20)
    free = report(tmp_path / "run", tmp_path / "free.html", plotlyjs="cdn").stat().st_size
    limit = free // 2
    page = report(tmp_path / "run", tmp_path / "small.html", plotlyjs="cdn", max_bytes=limit)
    assert page.stat().st_size <= limit
    assert f"To stay within {limit:,} bytes, " in page.read_text("utf-8")


def test_a_limit_that_nothing_fits_says_what_would(tmp_path: Path) -> None:
    spiked_run(tmp_path / "run", steps=100, at=5)
    with pytest.raises(InvalidArgument, match=r"max_bytes=9,999.*takes [\d,]+ bytes"):
        report(tmp_path / "run", tmp_path / "report.html", max_bytes=9_999)
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("options", [{"plotlyjs": "web"}, {"lang": "fr"}, {"pages": True, "max_bytes": 10}])
def test_what_cannot_be_is_refused(tmp_path: Path, options: dict[str, object]) -> None:
    run = spiked_run(tmp_path / "run", steps=100, at=5)
    with pytest.raises(InvalidArgument, match="expected"):
        report(run, tmp_path / "report.html", **options)  # type: ignore[arg-type]


@pytest.mark.browser
def test_a_folder_of_pages_has_an_overview_and_a_page_for_each_run(browser: object, tmp_path: Path) -> None:
    point_run(tmp_path / "runs" / "a", collapse_at=600, every=100)
    spiked_run(tmp_path / "runs" / "b", steps=100, at=5)
    path = report(tmp_path / "runs", tmp_path / "all runs.html", pages=True)
    assert path.stat().st_size < 100_000
    names = sorted(page.name for page in (tmp_path / "all runs_files").iterdir())
    assert names[1:] == ["run-1.html", "run-1.js", "run-2.html", "run-2.js"] and names[0].startswith("plotly-")
    with opened(browser, path) as page:
        page.page.fill("#search", "b")
        page.page.fill("#search", "")
        page.page.click("td.name a")
        page.wait("document.querySelector('section.run') && document.body.dataset.ready")
        page.draw_all()
        assert page.page.text_content("h2") == "a"
        page.page.click("a.up")
        page.wait("document.querySelector('#overview')")
        assert page.complaints == []
    with pytest.raises(InvalidArgument, match="max_bytes"):
        report(tmp_path / "runs", path, pages=True, max_bytes=10**9)


@pytest.mark.browser
def test_an_overview_of_pages_compares_runs_by_their_files_and_names_one_that_is_missing(
    browser: object, tmp_path: Path
) -> None:
    for number in range(10):
        spiked_run(tmp_path / "runs" / f"<b>{number}", steps=100 + number, at=5)
    image_run(tmp_path / "runs" / "pictures")
    path = report(tmp_path / "runs", tmp_path / "all 'runs.html", pages=True)
    with opened(browser, path) as page:
        page.page.select_option("#choice", "loss_d")
        page.page.locator("#compare").scroll_into_view_if_needed()
        page.wait("document.querySelector('#compare').layout && document.querySelector('#compare').data.length === 8")
        loaded = [url for url in page.requests if re.search(r"run-\d+\.js$", url)]
        assert len(loaded) == 8 and all(url.startswith("file:") for url in page.requests if not url.startswith("data:"))
        page.page.click("#pick-none")
        page.page.check("tr[data-name=pictures] input.pick")
        page.page.check("tr[data-name='<b>9'] input.pick")
        page.wait("document.querySelector('#compare').data.length === 2")
        ends = (
            "() => document.querySelector('#compare').data.map(line => Array.from(line.x).at(-1)).sort((a, b) => a - b)"
        )
        assert page.run(ends) == [108, 299]
        assert page.page.locator("#compare-at img").count() == 1
        assert page.complaints == []
    (tmp_path / "all 'runs_files" / "run-10.js").unlink()
    with opened(browser, path) as page:
        page.page.locator("#compare").scroll_into_view_if_needed()
        page.page.click("#pick-shown")
        page.wait("document.querySelector('#compare-notes').textContent.includes('run-10.js could not be read')")
        assert len(page.run("() => document.querySelector('#compare').data")) == 10
