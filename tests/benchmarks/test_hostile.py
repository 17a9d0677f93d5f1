"""The part on hostile folders of the benchmark of reliability, in small."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hostile() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        yield importlib.import_module("_reliability.hostile")


def test_hostile_folders_are_counted_by_what_they_came_to(hostile: ModuleType) -> None:
    rows = dict(re.findall(r"\| (.*?) \| ([\d,.]+)(?: s)? \|", hostile.hostile_folders(8)))
    assert rows["tried"] == "8"
    assert rows["ended in an error that is not ours"] == "0"
    assert sum(int(rows[name]) for name in rows if name.startswith(("read", "refused"))) == 8


def test_the_fuzzer_runs_from_sound_files(hostile: ModuleType, tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    found = hostile.fuzz("blocks", 300)
    assert found.executions == 300 and found.edges > 20 and not found.crashed
    seeds = hostile.seeds()
    assert set(seeds) == set(hostile.EXECUTIONS) and all(seeds.values())


def test_without_the_fuzzer_the_part_says_so(hostile: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile.importlib.util, "find_spec", lambda name: None)
    assert "atheris is not installed" in hostile.fuzzed(100)
    assert "_reliability" in sys.modules
