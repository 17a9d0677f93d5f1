"""The examples as modules, and a folder of pictures as somebody's disk has them."""

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from tests.report.browser import chromium

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """An example by its name; they import each other as scripts of one folder do."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """What writes the pages of the examples; skipped where no browser is there to take their pictures."""
    chromium()
    for folder in ("benchmarks", "examples", "docs"):
        monkeypatch.syspath_prepend(str(ROOT / folder))
    return importlib.import_module("examples_page")


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """40 pictures of many kinds in two subfolders, one of them deeper, four files that are none, and hidden ones."""
    folder, rng = tmp_path / "mine", np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
        for index, mode in enumerate(("L", "RGB", "RGBA", "P", "1", "CMYK", "LA", "L", "RGB", "L") * 2):
            noise = rng.integers(0, 256, (40 + 3 * index, 90 - 2 * index, 3), dtype=np.uint8)
            suffix = "jpg" if mode == "CMYK" else "png"
            Image.fromarray(noise).convert(mode).save(folder / name / f"{index}.{suffix}")
    (folder / "cats" / "notes.txt").write_text("they are nice")
    whole = (folder / "dogs" / "1.png").read_bytes()
    (folder / "dogs" / "torn.png").write_bytes(whole[: len(whole) // 2])
    (folder / "dogs" / "empty.jpg").touch()
    (folder / "cats" / "odd.png").write_bytes(whole[:40] + b"\0" * 40)
    (folder / ".DS_Store").touch()
    (folder / "cats" / "2023").mkdir()
    (folder / "cats" / "2.png").rename(folder / "cats" / "2023" / "2.png")
    (folder / ".thumbnails").mkdir()
    Image.new("L", (8, 8)).save(folder / ".thumbnails" / "0.png")
    return folder
