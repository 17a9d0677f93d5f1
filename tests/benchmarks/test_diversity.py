"""The benchmark of the statistics in small: every part runs and says what it found."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch

from collapse_probe import statistics

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def diversity() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("diversity", ROOT / "benchmarks" / "diversity.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        # Data classes look their module up by name.
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        yield module


def test_neighbours_are_compared_with_both_packages_and_a_capture_lists_every_online_statistic(
    diversity: ModuleType,
) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        heading, text = diversity.PARTS["neighbours"](True)
    finally:
        torch.set_num_threads(threads)
    assert heading == "Neighbourhoods and kernels"
    assert text.count("ours / `prdc`") == 4 and text.count("ours / `score_X`") == 6
    online = [name for name in statistics.names() if statistics.get(name).online]
    assert all(f"| `{name}` |" in text for name in online)
    assert "≤ 25 ms" in text and "≤ 500 MB" in text


def test_cases_take_turns_and_the_first_round_is_not_counted(diversity: ModuleType) -> None:
    called: list[str] = []
    cases = {name: lambda name=name: called.append(name) for name in "ab"}  # type: ignore[misc]
    taken = diversity.neighbours.interleaved(cases, 3)
    assert "".join(called) == "baabbaab"
    assert {name: len(values) for name, values in taken.items()} == {"a": 3, "b": 3}


def test_transport_is_compared_with_pot_and_what_is_timed_is_right(diversity: ModuleType) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        heading, text = diversity.PARTS["transport"](True)
    finally:
        torch.set_num_threads(threads)
    assert heading == "Optimal transport"
    assert text.count("ours / `emd2`") == len(diversity.transport.clouds(2)) == 6
    assert text.count("ours / `sliced_wasserstein_distance`") == 6
    assert "≤ 150 %" in text and "≤ 100 %" in text
    right = [line for line in text.splitlines() if line.startswith("| ours, ") and "1e-06 %" in line]
    assert len(right) == 3 and all(line.endswith("| yes |") for line in right)
