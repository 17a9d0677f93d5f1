"""What README and docs show can be run: their Python blocks, and the names of their commands."""

import dataclasses
import doctest
import inspect
import re
import shlex
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
READMES = [ROOT / "README.md", ROOT / "README.ja.md"]
PAGES = [*READMES, *sorted((ROOT / "docs").rglob("*.md"))]
NOT_RUN = "<!-- not run"  # ": reason -->" on the line above a block that needs what a test has not


def blocks(page: Path, *languages: str, skipped: bool = False) -> list[tuple[int, str]]:
    """(line, code) of the fenced blocks of a page in these languages; with those that are not run, if `skipped`."""
    parts = re.split(r"^```(\w*)\n", page.read_text("utf-8"), flags=re.MULTILINE)
    found, line = [], 1
    for before, language, code in zip(parts[0::4], parts[1::4], parts[2::4], strict=False):
        line += before.count("\n") + 1
        if language in languages and (skipped or NOT_RUN not in before.rstrip().rpartition("\n")[2]):
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


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_that_a_page_shows_can_be_parsed(page: Path) -> None:
    from collapse_probe._cli import main

    shown = "\n".join(code for _, code in blocks(page, "sh", skipped=True)).replace("\\\n", " ")
    for line in shown.splitlines():
        if line.startswith("collapse-probe "):
            _, name, *words = shlex.split(line.partition(">>")[0], comments=True)
            main.commands[name].make_context(name, words)
        elif line.startswith("python "):
            what = shlex.split(line, comments=True)[1]
            assert what == "-m" or (ROOT / what).is_file(), line


def test_the_japanese_readme_says_what_the_english_one_says() -> None:
    english, japanese = (page.read_text("utf-8") for page in READMES)
    codes = [[without_comments(code) for _, code in blocks(page, "python", "sh", skipped=True)] for page in READMES]
    assert codes[0] == codes[1]
    only_japanese = {"README.md", "docs/quick-start.ja.md"}
    assert links(japanese) - only_japanese == links(english) - {"README.ja.md"}
    assert only_japanese <= links(japanese) and "README.ja.md" in links(english)
    spans = [
        set(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)))
        for text in (english, japanese)
    ]
    assert spans[0] == spans[1]
    # The same sections and the same rows of the table, in the same order.
    for mark in (r"^(##) ", r"^\| (`\w+`) \|", r"^(- \*\*)"):
        assert re.findall(mark, english, re.M) == re.findall(mark, japanese, re.M)


def without_comments(code: str) -> list[str]:
    return [line.partition("  #")[0].rstrip() for line in code.splitlines()]


def links(text: str) -> set[str]:
    return set(re.findall(r"\]\(([^)\s]+)\)", text))


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
