"""Parts of a report as pictures for a page, taken by a browser without a window."""

import io
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Locator, Page, sync_playwright

COLOURS = (128, 64, 32, 16)
MOST = 80_000
"""Bytes of a picture; with fewer colours, and then smaller, until it is so."""
WIDTH = 1280
ACROSS = 16
"""Samples in a row of a strip."""
_DRAWN = "plot => plot.layout && plot.querySelector('.main-svg')"
_SLIDE = """(input, at) => { input.value = at; input.dispatchEvent(new Event('input')); }"""


class Screens:
    """A report that is open; each method writes one PNG."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def overview(self, target: Path) -> None:
        """The table of all runs."""
        self._take(self._page.locator("#overview"), target)

    def section(self, run: str, target: Path, *, height: int | None = None) -> None:
        """All that is said of a run, or its uppermost part."""
        self._take(self._section(run), target, height)

    def banner(self, run: str, target: Path) -> None:
        """Verdict, reason and advice."""
        self._take(self._section(run).locator(".banner"), target)

    def card(self, run: str, heading: str, target: Path, *, height: int | None = None) -> None:
        """The card with this heading, such as "Over training" or "Events"; its uppermost part, if a height is given."""
        title = self._page.locator("h3", has_text=heading).first
        self._take(self._section(run).locator(".card", has=title).first, target, height)

    def pictures(self, run: str, target: Path, *, at: float = 1.0) -> None:
        """The cards that move with the slider, once it has been moved to this share of the run."""
        section = self._section(run)
        self._slide(section, at)
        self._take(section.locator(".card", has=self._page.locator(".grid")).first, target)

    def panel(self, run: str, heading: str, target: Path, *, at: float = 1.0) -> None:
        """One of these cards' parts, such as "Distances between samples" or "Do the latents matter?"."""
        self._slide(self._section(run), at)
        title = self._page.locator("h3", has_text=heading).first
        part = self._section(run).locator(".grid > div", has=title).first
        self._take(part, target)
        # By itself once more: what stands above it in the page may have moved it meanwhile.
        save(Image.open(io.BytesIO(part.screenshot())), target)

    def _slide(self, section: Locator, at: float) -> None:
        slider = section.locator("input[type=range]")
        slider.evaluate(_SLIDE, round(at * int(slider.get_attribute("max") or 0)))

    def _section(self, run: str) -> Locator:
        return self._page.locator("section.run", has=self._page.get_by_role("heading", name=run, exact=True)).first

    def _take(self, part: Locator, target: Path, height: int | None = None) -> None:
        part.scroll_into_view_if_needed()
        for plot in part.locator(".plot").all():
            plot.scroll_into_view_if_needed()
            self._page.wait_for_function(_DRAWN, arg=plot.element_handle(), polling=50)
        self._page.wait_for_timeout(500)  # the last panel is painted a frame after its layout is known
        box = part.evaluate(
            "e => { const b = e.getBoundingClientRect(); return [b.x, b.y + scrollY, b.width, b.height]; }"
        )
        clip = {"x": box[0], "y": box[1], "width": box[2], "height": min(box[3], height or box[3])}
        shot = self._page.screenshot(full_page=True, clip=clip)
        save(Image.open(io.BytesIO(shot)), target)


@contextmanager
def opened(report: Path) -> Iterator[Screens]:
    """The report in Chromium, which has to be on the path."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("no chromium on the path, and the pictures of the pages are taken by it; install it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 1000}, reduced_motion="reduce")
        page.set_default_timeout(300_000)
        page.goto(report.resolve().as_uri())
        page.add_style_tag(content=".slider, [class*=slider] { position: static !important; }")
        yield Screens(page)
        browser.close()


def save(picture: Image.Image, target: Path) -> None:
    """As a PNG of few colours, and of 80 KB at most."""
    picture, colours = picture.convert("RGB"), list(COLOURS)
    while True:
        small = picture.quantize(colours.pop(0) if len(colours) > 1 else colours[0], method=Image.Quantize.MAXCOVERAGE)
        data = io.BytesIO()
        small.save(data, "PNG", optimize=True)
        if len(data.getvalue()) <= MOST:
            target.write_bytes(data.getvalue())
            return
        if len(colours) == 1:
            picture = picture.resize((picture.width * 9 // 10, picture.height * 9 // 10), Image.Resampling.LANCZOS)


def strips(rows: Mapping[str, np.ndarray], value_range: tuple[float, float], target: Path) -> None:
    """Grey samples (n, 1, h, w) of several captures, a row for each under its name."""
    low, high = value_range
    side, margin = 2 * next(iter(rows.values())).shape[-1], 22
    sheet = Image.new("L", (ACROSS * side, len(rows) * (side + margin)), 255)
    for index, (name, samples) in enumerate(rows.items()):
        top = index * (side + margin)
        ImageDraw.Draw(sheet).text((4, top + 4), name, fill=0, font=ImageFont.load_default(14))
        for column, sample in enumerate(samples[:ACROSS]):
            grey = ((sample[0] - low) / (high - low) * 255).clip(0, 255).astype(np.uint8)
            sheet.paste(
                Image.fromarray(grey).resize((side, side), Image.Resampling.NEAREST), (column * side, top + margin)
            )
    save(sheet, target)
