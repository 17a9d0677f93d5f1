"""Makes docs/report.png, the README's picture: the ring GAN of `collapse-probe demo`, as its report shows it.

python docs/picture.py runs/demo/report.html
"""

import argparse
from pathlib import Path

from _examples_page.screens import opened

TARGET = Path(__file__).parent / "report.png"
HEIGHT = 925


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    with opened(parser.parse_args().report) as screens:
        screens.section("ring", TARGET, height=HEIGHT)


if __name__ == "__main__":
    main()
