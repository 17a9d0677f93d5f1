"""Whatever a run is called and says, in a real browser none of it is run."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from collapse_probe._report import report
from tests.report.browser import Opened, opened
from tests.store.hostile_runs import block, event, lay, run_json, sound, tensors

pytestmark = pytest.mark.browser

HURT = "window.hurt=1"
ATTEMPTS = [
    f"</script><script>{HURT}</script>",
    f"<img src=x onerror='{HURT}'>",
    f"'\"><svg onload={HURT}>",
    f"<a href='javascript:{HURT}'>x</a>",
    f"</title></style></textarea><iframe srcdoc='<script>parent.{HURT}</script>'></iframe>",
    f"<!--<script>{HURT}</script>",
    f"\u202e\x1b[2J\0${{{HURT}}}%{{x}}$title",
]
EVERY = "".join(ATTEMPTS)
PROBE = """() => ({
    hurt: window.hurt,
    foreign: [...document.querySelectorAll('iframe, object, embed, base, link, [onerror], [onload], [onclick]')]
        .map(each => each.outerHTML),
    pictures: [...document.querySelectorAll('img, image')].map(each => each.getAttribute('src') || '')
        .filter(source => source && !source.startsWith('data:')),
    links: [...document.querySelectorAll('a')].map(each => each.getAttribute('href') || each.getAttribute('xlink:href'))
        .filter(target => target && !target.startsWith('#')),
})"""


def hostile(folder: Path, attempt: str) -> None:
    """A run that says the same thing wherever a run can say anything."""
    step = np.arange(40)
    words = {"title": attempt, "unit": attempt, "healthy": attempt, "part": attempt}
    described = {"bands": {attempt: [1.0, 0.1]}, "statistics": {attempt: words, "s": words}}
    rows = {"step": step, "time": step / 3, "loss_d": step / 7, attempt: step / 9}
    parts = {"step": step, attempt: step / 40, f"{attempt}.0": step / 2, f"{attempt}.1": step / 3, "s": step / 5}
    info = {name: attempt for name in ("tags", "error", "device", attempt)}
    ends = [{"start": 0, "how": attempt, "error": attempt}]
    lines = [
        event(kind=attempt, message=attempt, advice=attempt, evidence={attempt: 1.0}, severity=severity, step=number)
        for number, severity in ((3, "warning"), (30, "critical"))
    ]
    collapse = event(message=attempt, advice=attempt, step=31)
    files = {
        "run.json": run_json(**info, ends=ends, cost={attempt: attempt}, options={attempt: attempt}),
        "steps.0": block(rows),
        "statistics.0": block(parts) + b"damaged",
        "events.jsonl": b"".join(lines) + collapse,
        "reference.safetensors": tensors(described, real=np.ones((40, 1, 6, 6), np.float32)),
    }
    lay(folder, sound() | files)


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    folder = tmp_path_factory.mktemp("runs")
    for number, attempt in enumerate([*ATTEMPTS, EVERY]):
        hostile(folder / f"{number} {attempt.replace('/', '').replace(chr(0), '')[:100]}", attempt)
    hostile(folder / os.fsdecode(b"\xff\xfe"), "\ud800")
    (folder / "<img src=x onerror='window.hurt=1'>").mkdir()
    (folder / "<img src=x onerror='window.hurt=1'>" / "run.json").write_text(EVERY)
    with opened(browser, report(folder, tmp_path_factory.mktemp("page") / "report.html", title=EVERY)) as found:
        found.draw_all()
        yield found


def assert_unharmed(page: Opened) -> None:
    found = page.run(PROBE)
    assert found == {"hurt": None, "foreign": [], "pictures": [], "links": []}
    assert page.complaints == []


def test_the_page_opens_and_nothing_of_the_runs_became_part_of_it(page: Opened) -> None:
    assert len(page.page.query_selector_all("section.run")) == len(ATTEMPTS) + 2
    assert_unharmed(page)


def test_every_quantity_is_compared_every_order_tried_every_step_shown_and_every_figure_hovered(page: Opened) -> None:
    for chosen in ("choice", "axis", "group", "verdicts"):
        for number in range(len(page.page.query_selector_all(f"#{chosen} option"))):
            page.page.select_option(f"#{chosen}", index=number)
    page.page.select_option("#verdicts", index=0)
    for button in page.page.query_selector_all("thead button"):
        button.click()
    slide = "input => { input.value = 0; input.dispatchEvent(new Event('input')); }"
    for slider in page.page.query_selector_all("input[type=range]"):
        slider.evaluate(slide)
    for link in page.page.query_selector_all("[data-jump]"):
        link.evaluate("link => link.click()")
    hover = "plot => Plotly.Fx.hover(plot, plot.data.map((_, i) => ({curveNumber: i, pointNumber: 0})))"
    for plot in page.page.query_selector_all("[data-figure=time], [data-role=compare]"):
        plot.evaluate(hover)
    page.page.wait_for_timeout(200)
    assert_unharmed(page)


def test_the_attempt_would_have_been_noticed(page: Opened) -> None:
    page.run("document.body.insertAdjacentHTML('beforeend', \"<img id='bad' src='data:,x' onerror='window.hurt=1'>\")")
    page.wait("window.hurt === 1")
    page.run("document.querySelector('#bad').remove(); delete window.hurt;")
