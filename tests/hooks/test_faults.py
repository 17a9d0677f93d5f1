"""At every internal boundary a failure turns the probe off, with one warning, and training does not feel it."""

import fnmatch
import functools
import itertools
from pathlib import Path

import pytest
from torch import nn

import collapse_probe as cp
from collapse_probe._recorder import _chunk, _rows
from collapse_probe.detectors import _revolution
from collapse_probe.errors import CollapseProbeWarning

from . import faulty_runs as runs
from .faults import ERRORS, Fault, boundaries

BEFORE = "runs before the training, in attach or when the probe is made: trouble there raises"
TOLD = "is what a failure is told by, or asked for"
OPEN = "is the public face, or hands straight on to what is guarded"
ENDS = "takes the hooks off or ends the thread, which nobody else could; what it calls is injected"
CHECKS = "checks what the user gives: misuse raises"
RANKS = "of many ranks: tests/distributed"
ELSEWHERE = "is reached by misuse, on a GPU or by scores of another kind; its caller is injected"
LATE = "is reached after a hundred updates, or where nothing moves; its caller is injected"
PAUSES = "is reached where the loop pauses: tests/hooks/test_pauses.py"
FAILING = "is reached where the disk fails: test_disks"
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
    "_hooks._untraced.own": BEFORE,
    "_distributed._place.place": BEFORE,
    **{
        f"*.{cls}.__init__": BEFORE
        for cls in (
            "Account Captures Company Extras FixedLatents HeldOut UntracedModule Guard PooledLabels PooledLatents "
            "Memory Observer Players ScorePicker SheetWatch Stopwatch Tap HandScores CaptureCosts Keeper Listener "
            "Pipeline Pool Probe Reservoir Sheets Worker CaptureBudget Coordination Schedule Rows Flusher Thinned "
            "RunLock Outbox Off Gaps Trouble Waiting"
        ).split()
    },
    "_best.best_capture": ELSEWHERE,
    "_best.BestCapture.__init__": BEFORE,
    "_hooks._attach._Attached.detach": ENDS,
    "_hooks._parts.Parts.remove": ENDS,
    "_recorder._worker.Worker.close": ENDS,
    "_recorder._by_hand.scalar": CHECKS,
    "_recorder._by_hand.own_scalars": CHECKS,
    "_recorder._by_hand.host_tensor": CHECKS,
    "_recorder._by_hand.batch": CHECKS,
    "_recorder._by_hand.batches": CHECKS,
    "_recorder._pipeline.Pipeline.sample_shape": CHECKS,
    "_recorder._reservoir.Reservoir.shape": CHECKS,
    "_recorder._reservoir.Reservoir.done": "is asked by the loop and by the worker: two failures, two warnings",
    "_monitor._held_out.overfitting_described": "is asked once, with the reference; its caller is injected",
    "_monitor._held_out.rows_compared": "is asked by the loop and by the worker: two failures, two warnings",
    "_hooks._arguments.*": BEFORE,
    "_hooks._captures.Captures.none": ELSEWHERE,
    "_recorder._pool.Pool.shape": ELSEWHERE,
    "_recorder._rows.Flusher.wake": PAUSES,
    "_hooks._observer.Observer.send_what_waits": PAUSES,
    "_recorder._chunk.Chunk.part": PAUSES,
    "_recorder._assemble.Assembler.amend": PAUSES,
    "_recorder._pipeline.Pipeline.take_ahead": PAUSES,
    "_recorder._chunk.Chunk.write_scalars": ELSEWHERE,
    "_recorder._scores.looks_like_logits": ELSEWHERE,
    "_recorder._scores.surely_logits": ELSEWHERE,
    "_recorder._tagging.real_rows": ELSEWHERE,
    "_recorder._opening.*": BEFORE,
    "_store._folder.*": BEFORE,
    "_store._lock.lock_run": BEFORE,
    "_store._lock.RunLock.release": ENDS,
    "detectors._stalled._Player.norm": LATE,
    "_store._outbox.Outbox.close": ENDS,
    "_store._gaps.Gaps.*": FAILING,
    "_store._gaps.*": FAILING,
    "_store._trouble.Trouble.begin": FAILING,
    "_store._trouble.Notices.*": TOLD,
    "_store._waiting.Waiting.failed": FAILING,
    "_store._writer.RunWriter.__init__": BEFORE,
    "_recorder._by_hand.numbers": CHECKS,
    "_recorder._by_hand.step_number": CHECKS,
    "_recorder._notices.Off.by": TOLD,
    "_store._layout.stored_steps": BEFORE,
    "_store._writer.RunWriter.*_sizes": BEFORE,
    "_store._writer.RunWriter.info": BEFORE,
    "_monitor._classes.ClassDiversity.described": BEFORE,
    "_monitor._classes.follow_classes": BEFORE,
    "_hooks._attach._Attached.paused": OPEN,
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
    "_store._blocks.encode": "makes a block alone; its caller has many",
    "_store._blocks.Encoder.start_anew": "is called where a write failed",
    "_store._events.read_events": "reads a run",
    "_store._events.events_table": "reads a run",
    "_store._tensors.read_*": "reads a run",
    "_store._files.*": "reads a run, and refuses links in its folder before training",
    "_store._json.*": "reads a run",
    "_store._events.from_line": "reads a run",
    "_store._parts.*": "reads a run",
    "_store._runfile.last_end": "reads a run",
    "_store._runfile.interruption": "reads a run",
    "_store._runfile.planned_steps": "reads a run",
    "_store._tail.*": "reads a run",
    "_store._layout.stored_ranks": "reads a run",
}
"""By pattern of their names, why some boundaries are left out here."""
SCENARIO_OF = {
    "_best.BestCapture.note": "by hand",
    "_best.*": "latents",
    "_schedule.*": "latents",
    "_hooks._fixed.*": "latents",
    "_hooks._untraced.*": "latents",
    "_hooks._held_out.*": "halves",
    "_hooks._scores_of.ScorePicker.plain": "halves",
    "_monitor._held_out.*": "halves",
    "_recorder._pipeline.Pipeline.real_rows": "halves",
    "_hooks._parts.*": "halves",
    "_recorder._by_hand.*": "by hand",
    "_recorder._keep_best.Keeper.take_up": "by hand",
    "_recorder._labels.*": "by hand",
    "_recorder._random_states.*": "latents",
    "_recorder._modules.*": "latents",
    "_recorder._snapshot.*": "by hand",
    "_recorder._stored.*": "by hand",
    "_recorder._thinned.Thinned.taken_up": "by hand",
    "_store._thinning.CaptureBudget.taken_up": "by hand",
    "_recorder._pipeline.Pipeline.take_up": "by hand",
    "_recorder._pipeline.Pipeline.flush_soon": "by hand",
    "_recorder._scores.softplus_mean": "by hand",
    "_recorder._chunk.Chunk.full": "latents",
    "_monitor._classes.ClassDiversity.measure": "latents",
    "_monitor._monitor.Monitor.__init__": "by hand",
    "_store._blocks.Encoder.__init__": "by hand",
    "_store._runfile.read_run_file": "by hand",
    "_store._writer.RunWriter.start_anew": "by hand",
    "_store._outbox.Outbox.make_room": "by hand",
    "_store._waiting.Waiting.crowded": "by hand",
    "_distributed._coordination.Coordination.start_over": "by hand",
    "detectors.*.__init__": "by hand",
}
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
    monkeypatch.setattr(_rows, "FLUSH_SECONDS", 0.0)
    # So short a training is over before the discriminator's error has a level.
    monkeypatch.setattr(_revolution, "_WARM_UP", 2)


@pytest.mark.parametrize("name", list(runs.SCENARIOS))
def test_the_trainings_are_sound_where_nothing_fails(name: str, tmp_path: Path) -> None:
    outcome = runs.watched(name, tmp_path, lambda: None)
    assert (outcome.error, outcome.warned) == ("None", [])
    assert runs.same(outcome.state, alone(name))
    run = cp.load(tmp_path / "run")
    assert len(run.steps) == runs.STEPS
    assert len(run.events) > 0


def check(name: str, error: int, folder: Path, patch: pytest.MonkeyPatch) -> runs.Outcome:
    """A training with one kind of failure at one boundary; what was to be stored before it, and its words."""
    scenario = _first(SCENARIO_OF, name) or "sheets"
    expected = alone(scenario)
    with patch.context() as patched:
        fault = Fault(name, ERRORS[error % len(ERRORS)], patched)
        # Where warnings are errors ours become lines on standard error.
        outcome = runs.watched(scenario, folder, fault.arm, as_errors=error >= len(ERRORS))
    assert fault.hits
    assert runs.same(outcome.state, expected)
    assert type(ERRORS[error % len(ERRORS)]()).__name__ in outcome.error
    steps = cp.load(folder / "run").steps
    stored = runs.SCENARIOS[scenario].stored
    assert steps.index.tolist() == list(range(len(steps)))
    assert steps["loss_d"].tolist()[:stored] == [step / 2 for step in range(stored)] if stored else True
    return outcome


@pytest.mark.parametrize(("name", "error"), list(zip(ATTACHED[::6], itertools.cycle(range(4)))))
def test_a_failure_is_one_warning_and_training_does_not_feel_it(
    name: str, error: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = check(name, error, tmp_path, monkeypatch)
    assert len(outcome.warned) == 1
    assert outcome.error in outcome.warned[0]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "error"), list(zip(ATTACHED, itertools.cycle(range(8)))))
def test_each_failure_at_each_boundary_is_told_once_where_warnings_are_errors_too(
    name: str, error: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = check(name, error, tmp_path, monkeypatch)
    lines = capsys.readouterr().err.splitlines()
    told = outcome.warned if error < len(ERRORS) else [line for line in lines if outcome.error in line]
    assert len(told) == 1


@pytest.mark.parametrize(("name", "error"), list(zip(BY_HAND, itertools.cycle(range(4)))))
def test_a_probe_fed_by_hand_fails_with_one_warning_too(
    name: str, error: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "best.safetensors", {"generator": nn.Linear(2, 2)}
    with monkeypatch.context() as patched, pytest.warns(CollapseProbeWarning) as caught:
        fault = Fault(name, ERRORS[error], patched)
        with cp.Probe(run=tmp_path / "run", modes=cp.toy.ring(3), sample_size=64, keep_best=kept) as probe:
            runs.by_hand(probe, fault.arm)
    assert fault.hits
    assert len(caught) == 1
    assert type(ERRORS[error]()).__name__ in str(probe.error)
    assert cp.load(tmp_path / "run").steps["loss_d"].tolist()[:3] == [0.0, 0.5, 1.0]


def test_every_pattern_that_leaves_a_boundary_out_is_about_one() -> None:
    for pattern in (*NOT_INJECTED, *SCENARIO_OF):
        assert fnmatch.filter(boundaries(), pattern), f"{pattern} is about nothing any more"


STEP_PATH = [name for name in ATTACHED if name.startswith("_hooks._observer.Observer.o") or "_chunk.Chunk.w" in name]


@pytest.mark.parametrize("name", [*STEP_PATH, "_recorder._pool.Pool.add", "_hooks._fixed.FixedLatents.draw"])
def test_an_interruption_by_the_user_gets_through(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> BaseException:
        fault.hits = 1
        fault.disarm()
        return KeyboardInterrupt()

    before = runs.hooks()
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        fault = Fault(name, interrupt, patched)
        runs.watched(_first(SCENARIO_OF, name) or "sheets", tmp_path, fault.arm)
    assert runs.hooks() == before
    run = cp.load(tmp_path / "run")
    assert run.info["ends"][-1]["how"] == "exception"
    assert len(run.steps) >= runs.SURELY_STORED


def test_a_step_that_could_not_be_copied_whole_has_no_scores_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.watched("sheets", tmp_path / "sound", lambda: None)
    check("_recorder._chunk.Chunk.write", 0, tmp_path / "torn", monkeypatch)
    torn = cp.load(tmp_path / "torn" / "run").steps
    sound = cp.load(tmp_path / "sound" / "run").steps.loc[torn.index]
    assert torn["d_real"].isna().any()
    for column in ("d_real", "d_fake", "edge", "grad_norm_d"):
        assert torn[column].dropna().tolist() == sound[column][torn[column].notna()].tolist()
