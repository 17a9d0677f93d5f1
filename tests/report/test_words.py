"""The report speaks Japanese wherever it speaks for itself."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

import collapse_probe
from collapse_probe import report
from collapse_probe._records import EventKind
from collapse_probe._report import _overview, _rows, _style, _text, _view
from collapse_probe._report._words import Words, japanese
from collapse_probe._store import load
from collapse_probe.errors import InvalidArgument
from tests.report.made_up_runs import BANDS, COLLAPSE, LABELS, WARNING, image_run, point_run

FOLDER = Path(collapse_probe.__file__).parent / "_report"


def said_in_python(source: str) -> set[str]:
    """Literal sentences that are handed to `say`, and those of conditional expressions there."""
    found, tree = set(), ast.parse(source)
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "say" and node.args:
            found |= {leaf.value for leaf in ast.walk(node.args[0]) if isinstance(leaf, ast.Constant)}
            names |= {leaf.id for leaf in ast.walk(node.args[0]) if isinstance(leaf, ast.Name)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Assign)
            and ast.unparse(node.targets[0]) in names
            and isinstance(node.value, ast.Constant)
        ):
            found.add(node.value.value)
    return {text for text in found if isinstance(text, str) and len(text) > 1}


def sentences() -> set[str]:
    """Everything that the report says: literals, tables of words, and the scripts."""
    found: set[str] = set()
    for path in FOLDER.glob("*.py"):
        found |= said_in_python(path.read_text("utf-8"))
    for path in (FOLDER / "script").glob("*.js"):
        source = path.read_text("utf-8")
        found |= set(re.findall(r'say\("((?:[^"\\]|\\.)*)"', source))
        for table in re.findall(r"const (?:UNITS|MISSING) = \{(.*)\};", source):
            found |= set(re.findall(r': "([^"]*)"', table))
    found |= {text for text, _ in _overview.HEADINGS if text} | set(_overview.AXES.values())
    found |= {words for _, words, _ in _style.VERDICTS.values()} | set(_text.NEXT.values())
    found |= set(_view.SIDES.values()) | set(_style.SEVERITY) | {kind.replace("_", " ") for kind in get_args(EventKind)}
    found |= {what[0] for what in (_rows.D, _rows.GENERATOR, _rows.REAL_DATA, _rows.OTHER, _rows.REACHING)}
    return found


def test_every_sentence_has_a_translation_with_the_same_values() -> None:
    known = japanese("page")
    assert sorted(sentences() - set(known)) == []
    for english, translated in known.items():
        assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", translated)), english
        assert re.search(r"[^\x00-\x7f]", translated), english


def test_a_language_that_is_not_spoken_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"'fr'.*en, ja"):
        Words("fr")  # type: ignore[arg-type]


def test_a_page_in_japanese_has_no_english_of_its_own(tmp_path: Path) -> None:
    point_run(tmp_path / "runs" / "a", collapse_at=600)
    image_run(tmp_path / "runs" / "b")
    page = report(tmp_path / "runs", tmp_path / "report.html", title="実験", lang="ja").read_text("utf-8")
    assert '<html lang="ja">' in page
    body = page.partition("<body>")[2]
    shown = re.sub(r"<(script|style)\b.*?</\1>", " ", body, flags=re.DOTALL)
    labels = " ".join(re.findall(r"(?:aria-label|alt|placeholder|data-label|title)='([^']*)'", shown))
    text = re.sub(r"<details.*?</details>|<p class='advice'>.*?</p>|<dl>.*?</dl>", " ", shown, flags=re.DOTALL)
    found = set(re.findall(r"[A-Za-z]{3,}", re.sub(r"<[^>]*>", " ", text) + labels))
    said_by_runs = " ".join(
        [COLLAPSE.message, COLLAPSE.advice, WARNING.message, *map(str, BANDS), *(str(each) for each in LABELS.values())]
        + [load(tmp_path / "runs" / name).verdict.reason for name in "ab"]
        + "loss_d loss_g d_real d_fake edge grad_norm_d grad_norm_g lr canonical_loss Sharpness score Occupancy".split()
        + "Mode shares collapse_probe plotly.js disk_limit ring Run.events".split()
    )
    assert found - set(re.findall(r"[A-Za-z]{3,}", said_by_runs)) == set()
