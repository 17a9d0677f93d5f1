"""At every internal boundary a failure turns the probe off, with one warning, and training does not feel it."""

import fnmatch
import functools
import itertools
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

import collapse_probe as cp
from collapse_probe._recorder import _chunk, _pipeline
from collapse_probe.errors import CollapseProbeWarning

from . import faulty_runs as runs
from .faults import ERRORS, Fault, boundaries

BEFORE = "runs before the training, in attach or when the probe is made: trouble there raises"
TOLD = "is what a failure is told by, or asked for"
OPEN = "is the public face, or hands straight on to what is guarded"
RANKS = "of many ranks: tests/distributed"
ELSEWHERE = "is reached by misuse, on a GPU or by scores of another kind; its caller is injected"
NOT_INJECTED = {
    "_hooks._attach.attach": BEFORE,
    "_hooks._attach._Attached.__init__": BEFORE,
    "_hooks._extras.Extras.start": BEFORE,
    "_hooks._guard.outside_graphs": BEFORE,
    "_recorder._given.*": BEFORE,
    "_recorder._options.*": BEFORE,
    "_recorder._keep_best.parse_keep_best": BEFORE,
    "_recorder._by_hand.check_by_hand": BEFORE,
    "_recorder._forms.run_info": BEFORE,
    "_recorder._reservoir.*rows_of": BEFORE,
    "_monitor._libraries.*": BEFORE,
    "_distributed._place.place": BEFORE,
    **{
        f"*.{cls}.__init__": BEFORE
        for cls in (
            "Account Extras FixedLatents Guard PooledLabels Memory Observer Players ScorePicker SheetWatch Stopwatch "
            "Tap HandScores CaptureCosts Keeper Listener Pipeline Pool Probe Reservoir Sheets Worker CaptureBudget "
            "Coordination Schedule"
        ).split()
    },
    "_hooks._guard.Guard.fail": TOLD,
    "_hooks._guard.Guard.report": TOLD,
    "_hooks._attach._Attached.fail": TOLD,
    "_recorder._notices.warn": TOLD,
    "_recorder._notices.say": TOLD,
    "*.error": TOLD,
    "_recorder._forms.other_shapes": TOLD,
    "_recorder._forms.too_few": TOLD,
    "_recorder._probe.Probe.*": OPEN,
    "_hooks._tap.Tap.*": OPEN,
    "_hooks._guard.GradientHook.__call__": OPEN,
    "_hooks._attach._Attached.counting": RANKS,
    "_distributed._leader.*": RANKS,
    "_distributed._member.*": RANKS,
    "_distributed._place.*": RANKS,
    "_store._blocks.decode": "reads a run",
    "_store._blocks.Block.rows": "reads a run",
    "_store._events.read_events": "reads a run",
    "_store._events.events_table": "reads a run",
    "_store._tensors.read_*": "reads a run",
}
"""By pattern of their names, why some boundaries are left out here."""
SCENARIO_OF: dict[str, str] = {}
"""By pattern, the training in which it is reached; `sheets` is the usual one."""


def _first(table: dict[str, str], name: str) -> str | None:
    return next((value for pattern, value in table.items() if fnmatch.fnmatch(name, pattern)), None)


INJECTED = [name for name in boundaries() if _first(NOT_INJECTED, name) is None]
ATTACHED = [name for name in INJECTED if _first(SCENARIO_OF, name) != "by hand"]
BY_HAND = [name for name in INJECTED if _first(SCENARIO_OF, name) == "by hand"]
alone = functools.cache(runs.trained_alone)


@pytest.fixture(autouse=True)
def _prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps leave for the disk two by two and at once, so that some are there before anything fails."""
    monkeypatch.setattr(_chunk, "STEPS", 2)
    monkeypatch.setattr(_pipeline, "FLUSH_SECONDS", 0.0)


@pytest.mark.parametrize("name", list(runs.SCENARIOS))
def test_the_trainings_are_sound_where_nothing_fails(name: str, tmp_path: Path) -> None:
    outcome = runs.watched(name, tmp_path, lambda: None)
    assert (outcome.error, outcome.warned) == (None, [])
    assert runs.same(outcome.state, alone(name))
    run = cp.load(tmp_path / "run")
    assert len(run.steps) == runs.STEPS
    assert len(run.events) > 0


def check(name: str, error: int, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """A training with one kind of failure at one boundary."""
    scenario = _first(SCENARIO_OF, name) or "sheets"
    expected = alone(scenario)
    with patch.context() as patched:
        fault = Fault(name, ERRORS[error], patched)
        outcome = runs.watched(scenario, folder, fault.arm)
    assert fault.hits
    assert runs.same(outcome.state, expected)
    assert len(outcome.warned) == 1
    assert outcome.error is not None
    assert outcome.error in outcome.warned[0]
    assert type(ERRORS[error]()).__name__ in outcome.error
    steps = cp.load(folder / "run").steps
    stored = runs.SCENARIOS[scenario].stored
    assert steps.index.tolist() == list(range(len(steps)))
    assert steps["loss_d"].tolist()[:stored] == [step / 2 for step in range(stored)] if stored else True


@pytest.mark.parametrize(("name", "error"), list(zip(ATTACHED, itertools.cycle(range(len(ERRORS))))))
def test_a_failure_is_one_warning_and_training_does_not_feel_it(
    name: str, error: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, error, tmp_path, monkeypatch)
