"""The truth that the pages of the examples score the probe by."""

import importlib
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("benchmarks", "examples", "docs"):
        monkeypatch.syspath_prepend(str(ROOT / folder))


@pytest.fixture
def scoring() -> ModuleType:
    return importlib.import_module("_examples_page.scoring")


def run(batches: dict[int, list[int]], loss_g: list[float] | None = None) -> Any:
    """A run whose captures hold pictures that are nothing but their kind, -1 for noise."""
    steps = pd.DataFrame({"edge": 0.5, "loss_d": 1.0, "loss_g": loss_g or [1.0] * 1000})
    return SimpleNamespace(
        steps=steps, statistics=pd.DataFrame(), bands={}, batches=list(batches), event_list=[], info={},
        batch=lambda step: np.array(batches[step], np.float32)[:, None],
    )  # fmt: skip


def judge(scoring: ModuleType) -> Any:
    """Knows the four kinds for certain, and noise as an uncertain first one."""
    pictures = torch.arange(4.0).repeat(25)[:, None]
    data = SimpleNamespace(held_out=pictures, classes=4)

    def classify(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x[:, 0].long().clamp(min=0), x[:, 0] >= 0

    return scoring.Judge(data, classify, ["a", "b", "c", "d"])


def scored(
    scoring: ModuleType, monkeypatch: pytest.MonkeyPatch, batches: dict[int, list[int]], stop: int | None
) -> Any:
    found = run(batches)
    if stop is not None:
        found.event_list = [SimpleNamespace(severity="critical", kind="collapse", step=stop)]
    monkeypatch.setattr(scoring.cp, "load", lambda path: found)
    return scoring.scored(Path("run"), judge(scoring), stop_on=("collapse",))


ALL, ONE = [0, 1, 2, 3] * 16, [2] * 64
TIPPED = {step: ALL if step < 500 else ONE for step in range(20, 1000, 20)}
DIPPED = {step: ONE if 500 <= step < 700 else ALL for step in range(20, 1000, 20)}
SHORT = {step: ONE if 500 <= step < 580 else ALL for step in range(20, 1000, 20)}
POOR = dict.fromkeys(range(20, 1000, 20), ONE)
WELL = dict.fromkeys(range(20, 1000, 20), ALL)


@pytest.mark.parametrize(
    ("batches", "stop", "outcome"),
    [
        (TIPPED, 560, "caught"),
        (TIPPED, 300, "**stopped too early**"),
        (TIPPED, None, "**missed**"),
        (WELL, 560, "**false alarm**"),
        (WELL, None, "left alone"),
        (DIPPED, 560, "stopped; its kinds came back at 700"),
        (DIPPED, 300, "**false alarm**"),
        (SHORT, 540, "**false alarm**"),  # less than a tenth of the run
        (DIPPED, 900, "**false alarm**"),
        (POOR, 560, "caught"),
        (POOR, None, "**missed**"),
    ],
)
def test_a_stop_is_right_where_the_kinds_are_lost_for_good_and_not_before(
    scoring: ModuleType, monkeypatch: pytest.MonkeyPatch, batches: dict[int, list[int]], stop: int | None, outcome: str
) -> None:
    found = scored(scoring, monkeypatch, batches, stop)
    assert found.outcome == outcome
    assert found.saved == (0 if stop is None else pytest.approx(1 - stop / 1000))
    assert found.label.settled == (500 if batches is TIPPED else None)


def test_kinds_are_the_median_of_five_captures_and_the_best_step_is_held_against_the_most(
    scoring: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = [0] * 32 + [1] * 32
    batches = dict(zip(range(20, 220, 20), [ONE, ONE, ONE, ALL, ALL, ALL, two, two, two, ONE], strict=True))
    found = scored(scoring, monkeypatch, batches, None)
    assert [round(found.kinds(step), 6) for step in (0, 100, 119, 200)] == [1, 4, 4, 2]
    assert found.most_kinds == pytest.approx(4)
    assert found.last_kinds == pytest.approx(2)
    assert found.real_modes == pytest.approx(4, abs=0.1)
    found.run.verdict = SimpleNamespace(best_step=180)
    assert found.best_kinds == pytest.approx(2)
    assert "drew 50% of the most kinds" in scoring.best_steps([found])
    assert scoring.cells(found)[-4:] == ["180", "2.0", "4.0", "2.0"]
    found.run.verdict.best_step = None
    assert scoring.best_steps([found]) == "No run has a best step."
    assert scoring.cells(found)[-4:] == ["–", "–", "4.0", "2.0"]


def test_a_count_of_right_and_wrong_leaves_no_run_out(scoring: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [(TIPPED, 560), (TIPPED, 300), (TIPPED, None), (WELL, 560), (WELL, None)]
    found = [scored(scoring, monkeypatch, batches, stop) for batches, stop in cases]
    assert scoring.right_and_wrong(found) == (
        "Of 3 that came to nothing or to a standstill, the probe stopped 1 in time, 1 too early, and missed 1; of 2 "
        "that did not, it stopped 1 in vain, and 0 while most kinds were lost, for more than a tenth of the run until "
        "they came back."
    )


@pytest.mark.parametrize(
    ("losses", "step"),
    [
        ([1.0] * 500 + [3.0] * 500, 480),
        ([1.0] * 500 + [3.0] * 60 + [1.0] * 440, None),  # a peak
        (list(np.linspace(1, 3, 1000)), None),  # little by little
        ([1.0] * 1000, None),
    ],
)
def test_the_loss_leaps_where_it_doubles_at_once_and_stays_so(losses: list[float], step: int | None) -> None:
    assert importlib.import_module("_examples_page.drawings").leap(run({}, losses)) == step


CEILING = float(-np.log(1e-7))


@pytest.mark.parametrize(
    ("losses", "since"),
    [
        ([2.0] * 600 + [CEILING] * 400, 600),
        ([2.0] * 600 + [1e-7] * 400, 600),  # certain that everything is real
        ([2.0] * 600 + [CEILING, CEILING, 2.0, *[CEILING] * 37] * 10, 600),
        ([CEILING] * 600 + [2.0] * 400, None),  # over again
        ([2.0] * 950 + [CEILING] * 50, None),  # too short to tell
        ([15.0] * 1000, None),
    ],
)
def test_a_run_stands_still_where_its_loss_stays_at_the_clip(
    scoring: ModuleType, losses: list[float], since: int | None
) -> None:
    assert scoring.still_since(run({}, losses)) == since


@pytest.mark.parametrize(("stop", "outcome"), [(700, "caught"), (500, "**stopped too early**"), (None, "**missed**")])
def test_a_stop_is_right_once_a_run_stands_still_however_good_its_pictures(
    scoring: ModuleType, monkeypatch: pytest.MonkeyPatch, stop: int | None, outcome: str
) -> None:
    monkeypatch.setattr(scoring, "still_since", lambda run: 600)
    found = scored(scoring, monkeypatch, WELL, stop)
    assert found.outcome == outcome and found.lost
    found.run.verdict = SimpleNamespace(best_step=None)
    assert scoring.cells(found)[0] == "healthy; stands still from 600"
