"""A report in a real browser without a network, and everything that it complained of or asked for."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

LAPTOP, PHONE = (1280, 800), (390, 844)
DRAWN = """() => {
    const plots = [...document.querySelectorAll('section.run:not([hidden]) .plot, #compare')];
    const next = plots.find(plot => !plot.dataset.drawn);
    if (next) next.scrollIntoView();
    return !next && plots.every(plot => plot.layout);
}"""


@dataclass
class Opened:
    """A page, and everything that it complained of or asked for."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def run(self, script: str, argument: object = None) -> Any:
        """What a function of JavaScript returns."""
        return self.page.evaluate(script, argument)

    def draw_all(self) -> None:
        """Brings every figure into sight, as a reader does who scrolls."""
        self.page.wait_for_function(DRAWN, timeout=60_000, polling=50)

    def wait(self, condition: str) -> None:
        """Until the expression is true."""
        self.page.wait_for_function(condition, timeout=20_000)


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


@contextmanager
def opened(browser: Any, path: Path, size: tuple[int, int] = LAPTOP, **context: Any) -> Iterator[Opened]:
    """The page, in a window of this size."""
    still = {"offline": True, "reduced_motion": "reduce", "viewport": {"width": size[0], "height": size[1]}}
    window = browser.new_context(**still | context)
    found = Opened(window.new_page())
    found.page.on("console", lambda said: found.complaints.append(f"{said.type}: {said.text}"))
    found.page.on("pageerror", lambda error: found.complaints.append(f"error: {error}"))
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.on("dialog", lambda dialog: found.complaints.append(dialog.message) or dialog.dismiss())
    found.page.goto(path.as_uri())
    found.page.wait_for_selector("body[data-ready=yes]", timeout=60_000)
    yield found
    window.close()
