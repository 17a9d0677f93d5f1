"""A report in Japanese on a run that collapsed, in a real browser: nothing in it is English but names."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from collapse_probe._report import report
from collapse_probe._store import Run
from tests.report.browser import Opened, opened
from tests.report.made_up_runs import labelled_run, spiked_run

pytestmark = pytest.mark.browser

SAID = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), said = [];
    while (walker.nextNode()) {
        const holder = walker.currentNode.parentElement;
        if (!holder.closest('script, style, details:last-of-type dl, .event dt')) said.push(walker.currentNode.data);
    }
    for (const each of document.querySelectorAll('body *')) {
        for (const name of ['aria-label', 'aria-valuetext', 'alt', 'title', 'placeholder', 'data-label', 'data-title'])
            if (each.hasAttribute(name)) said.push(each.getAttribute(name));
    }
    return said;
}"""
HOVERED = """() => {
    for (const plot of document.querySelectorAll('[data-figure=time], #compare')) {
        Plotly.Fx.hover(plot, plot.data.map((_, curve) => ({curveNumber: curve, pointNumber: 0})));
    }
}"""
ENGLISH = re.compile(r"[A-Za-z]{2,}")
NAMES = "GAN Wasserstein Jensen Shannon NaN KL PRDC AUC PNG bars spike across upright aslant docs remedies md plotly js"
JARGON = "ln every dL dscore collapse_probe Run events k-means coverage"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    folder = tmp_path_factory.mktemp("runs")
    return [labelled_run(folder / "bars"), spiked_run(folder / "spike", steps=50, at=5)]


@pytest.fixture(scope="module")
def page(browser: Any, runs: list[Run], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened(browser, report(runs, tmp_path_factory.mktemp("page") / "report.html", lang="ja")) as found:
        found.draw_all()
        found.run(HOVERED)
        yield found


def test_no_word_on_the_page_is_english_but_for_names(page: Opened, runs: list[Run]) -> None:
    columns = [str(name) for run in runs for table in (run.steps, run.statistics) for name in table]
    names = set(ENGLISH.findall(" ".join([NAMES, JARGON, *columns])))
    said = page.run(SAID)
    assert sum(len(text) for text in said) > 5000
    english = {text for text in said if set(ENGLISH.findall(text)) - names}
    assert english == set()


def test_what_happened_and_what_to_do_is_said_in_japanese(page: Opened) -> None:
    banner = page.page.text_content("#run-1 .banner")
    assert "ステップ40から崩壊:多様性が本物の100%から" in banner and "ここで止めてください" in banner
    assert "クラス1 uprightの中で、ステップ22から崩壊" in page.page.text_content("#run-1")
    assert page.page.text_content("h1") == "GAN学習レポート"


def test_the_buttons_of_the_figures_are_japanese(page: Opened) -> None:
    titles = page.run("() => [...document.querySelectorAll('.modebar-btn')].map(each => each.dataset.title)")
    assert "軸を元に戻す" in titles and not [title for title in titles if ENGLISH.search(title.replace("PNG", ""))]


def test_it_draws_without_a_complaint(page: Opened) -> None:
    assert page.complaints == []
