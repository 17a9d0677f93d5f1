"""Writes docs/examples/NAME.md and its pictures for each example, from the runs that `make examples` left.

python docs/examples_page.py build/examples
python docs/examples_page.py build/examples --only lego
"""

import argparse
import importlib
import pkgutil
from collections.abc import Sequence
from pathlib import Path

import _examples_page

TARGET = Path(__file__).parent / "examples"


def names() -> list[str]:
    """Of the modules of the folder, those that write a page."""
    modules = [module.name for module in pkgutil.iter_modules(_examples_page.__path__)]
    return [name for name in modules if hasattr(importlib.import_module(f"_examples_page.{name}"), "page")]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path, help="where `make examples` left its runs")
    parser.add_argument("--only", choices=names(), action="append", metavar="NAME", help="this page; the others stay")
    parser.add_argument("--output", type=Path, default=TARGET, help="default: docs/examples")
    given = parser.parse_args(arguments)
    given.output.mkdir(parents=True, exist_ok=True)
    for name in given.only or names():
        runs = given.build / name
        if not runs.is_dir():
            parser.error(f"{runs} is no folder; expected the runs of {name}, which `make examples` leaves there")
        for old in given.output.glob(f"{name}-*.png"):
            old.unlink()
        text = importlib.import_module(f"_examples_page.{name}").page(runs, given.output)
        (given.output / f"{name}.md").write_text(text.rstrip("\n") + "\n", "utf-8")
        print(given.output / f"{name}.md", flush=True)


if __name__ == "__main__":
    main()
