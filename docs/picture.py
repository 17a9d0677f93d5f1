"""Makes docs/report.png, the README's picture: the ring GAN of `collapse-probe demo`, as its report shows it.

python docs/picture.py runs/demo/report.html
"""

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

TARGET = Path(__file__).parent / "report.png"
COLOURS = 128
HEIGHT = 925


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    report: Path = parser.parse_args().report
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1500})
        page.goto(report.resolve().as_uri())
        page.add_style_tag(content=".slider, [class*=slider] { position: static !important; }")
        section = page.locator("section", has=page.get_by_role("heading", name="ring", exact=True)).first
        section.scroll_into_view_if_needed()
        page.wait_for_timeout(2000)
        top = section.bounding_box()
        if top is None:
            raise SystemExit(f"{report} has no run called ring; make it with: collapse-probe demo")
        clip = {"x": top["x"], "y": top["y"] + page.evaluate("scrollY"), "width": top["width"], "height": HEIGHT}
        shot = page.screenshot(full_page=True, clip=clip)
        browser.close()
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE).save(TARGET, optimize=True)


if __name__ == "__main__":
    main()
