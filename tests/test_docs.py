"""What README and docs show can be run: their Python blocks, and the names of their commands."""

import dataclasses
import doctest
import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from collapse_probe import detectors, statistics
from collapse_probe._recorder import Options

ROOT = Path(__file__).parent.parent
PAGES = [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if page.is_file()]
NOT_RUN = "<!-- not run"  # ": reason -->" on the line above a block that needs what a test has not


def blocks(page: Path, *languages: str) -> list[tuple[int, str]]:
    """(line, code) of the fenced blocks of a page in these languages."""
    parts = re.split(r"^```(\w*)\n", page.read_text("utf-8"), flags=re.MULTILINE)
    found, line = [], 1
    for before, language, code in zip(parts[0::4], parts[1::4], parts[2::4], strict=False):
        line += before.count("\n") + 1
        if language in languages and NOT_RUN not in before.rstrip().rpartition("\n")[2]:
            found.append((line, code))
        line += code.count("\n") + 1
    return found


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def names() -> dict[str, Any]:
    """What a page may take for granted: a small GAN, its data and its losses."""
    torch.manual_seed(0)
    generator, discriminator = nn.Linear(4, 2), nn.Linear(2, 1)
    data = torch.randn(64, 2)
    return {
        "G": generator,
        "D": discriminator,
        "generator": generator,
        "discriminator": discriminator,
        "loader": [data[first : first + 16] for first in range(0, 64, 16)],
        "reference": data,
        "real": data,
        "batch": np.zeros((16, 2), np.float32),
        "scores_r": np.ones((16, 1), np.float32),
        "scores_f": np.zeros((16, 1), np.float32),
        "loss_d": torch.tensor(0.7),
        "loss_g": torch.tensor(1.1),
        "lr": 2e-4,
    }


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_python_of_a_page_runs_from_top_to_bottom(
    page: Path, names: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for line, code in blocks(page, "python", "py", "pycon"):
        if ">>>" in code:
            example = doctest.DocTestParser().get_doctest(code, names, named(page), str(page), line - 1)
            report: list[str] = []
            doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=report.append, clear_globs=False)
            assert not report, "".join(report)
            names.update(example.globs)
        else:
            exec(compile("\n" * (line - 1) + code, page, "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    from collapse_probe._cli import main

    code = "\n".join(code for _, code in blocks(page, "sh", "bash", "console", "text"))
    inline = "\n".join(re.findall(r"`([^`\n]+)`", page.read_text("utf-8")))
    used = set(re.findall(r"\bcollapse-probe ([a-z][a-z-]*)", f"{code}\n{inline}"))
    assert used <= set(main.commands)


def test_the_make_targets_that_the_pages_name_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in [*PAGES, ROOT / "CONTRIBUTING.md"]:
        used = set(re.findall(r"(?:`|^|\$ )make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE))
        assert used <= targets, f"{named(page)} names {sorted(used - targets)}"


def test_every_statistic_detector_and_option_is_on_its_page() -> None:
    detection = (ROOT / "docs" / "detection.md").read_text("utf-8")
    missing = [name for name in statistics.names() if statistics.get(name).online and f"`{name}`" not in detection]
    missing += [name for name in detectors.names() if name.replace("_", " ") not in detection.lower()]
    options = (ROOT / "docs" / "options.md").read_text("utf-8")
    missing += [field.name for field in dataclasses.fields(Options) if f"| `{field.name}` |" not in options]
    assert not missing


@pytest.mark.parametrize("name", statistics.names())
def test_a_statistic_is_on_the_page_as_its_docstring_has_it_now(name: str) -> None:
    page = (ROOT / "docs" / "statistics.md").read_text("utf-8")
    section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    lines = inspect.cleandoc(type(statistics.get(name)).__doc__ or "").splitlines()
    formula = next(line for line in lines if line.startswith("Formula: ")).removeprefix("Formula: ")
    says = lines[0].replace("|", "\\|")
    again = f"run: python docs/statistics_page.py --words; or --only {name}, if it is new or computes something else"
    assert f"| [`{name}`](#{name}) | {says} |" in page, again
    assert section.strip().startswith(lines[0]), again
    assert formula in " ".join(section.split()), again
    assert f"(statistics/{name}.png)" in section
    with Image.open(ROOT / "docs" / "statistics" / f"{name}.png") as picture:
        picture.verify()


def test_a_function_beside_the_statistics_is_on_their_page_and_nothing_that_is_gone() -> None:
    page = (ROOT / "docs" / "statistics.md").read_text("utf-8")
    functions = [
        name
        for name, function in inspect.getmembers(statistics, inspect.isfunction)
        if not name.startswith("_") and name not in ("get", "names")
    ]
    assert re.findall(r"^### (\w+)$", page, re.MULTILINE) == functions
    assert re.findall(r"^## (\w+)$", page, re.MULTILINE) == [*statistics.names(), "Functions"]
    drawn = sorted(picture.stem for picture in (ROOT / "docs" / "statistics").iterdir())
    assert drawn == statistics.names()
