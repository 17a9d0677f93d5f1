"""A disk that is full, read-only, gone or silent while a GAN trains: training does not feel it, recording goes on."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import collapse_probe as cp
from benchmarks._reliability.mounts import CannotMount, Disk, mounted
from collapse_probe._recorder import _chunk, _rows
from collapse_probe._store import _appending, _outbox, _waiting
from collapse_probe._store._blocks import decode
from collapse_probe.errors import CollapseProbeWarning, InvalidArgument

from . import faulty_runs as runs
from .loops import STEPS, dcgan, players
from .test_guard import REFERENCE

Events = dict[int, Callable[[cp.Probe], object]]


@pytest.fixture(autouse=True)
def _prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_chunk, "STEPS", 2)
    monkeypatch.setattr(_rows, "FLUSH_SECONDS", 0.0)
    monkeypatch.setattr(_waiting, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(_waiting, "LONGEST_RETRY_SECONDS", 0.05)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Where a change is checked one can be mounted: there a missing one must not pass for a success."""
    try:
        with mounted(tmp_path) as disk:
            yield disk
    except CannotMount as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))


def until(what: Callable[[], object]) -> None:
    """Wait, ten seconds at most, until it is so."""
    give_up = time.monotonic() + 10
    while not what():
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.001)


def falls_silent(disk: Disk, patience: pytest.MonkeyPatch) -> None:
    """From now on; before, no write is waited for so shortly, however slow the machine."""
    patience.setattr(_outbox, "PATIENCE_SECONDS", 0.05)
    disk.freeze()


def answers_again(disk: Disk, patience: pytest.MonkeyPatch) -> None:
    patience.setattr(_outbox, "PATIENCE_SECONDS", 10.0)
    disk.thaw()


def fails(probe: cp.Probe) -> bool:
    return probe._pipeline.outbox._trouble.gaps.error is not None


def well(probe: cp.Probe) -> bool:
    """Whether nothing waits; captures show only when the next one comes that their disk is well too."""
    outbox = probe._pipeline.outbox
    with outbox._changed:
        return outbox._current is None and not list(outbox._waiting)


def train(run: Path, events: Events, **options: Any) -> tuple[cp.Probe, list[float]]:
    """Train with a probe, with something that happens after some steps; one warning, and weights as without."""
    game = players(sigmoid=True)
    dcgan(game)
    alone = runs.state_of(game)
    game = players(sigmoid=True)
    given = {"real": REFERENCE, "every": 1, "sample_size": 32} | options
    with pytest.warns(CollapseProbeWarning, match="Training goes on and is watched as before") as caught:
        with cp.attach(game.generator, game.discriminator, run=run, **given) as probe:
            due = dict(events)

            def log(**scalars: float) -> None:
                probe.log(**scalars)
                if happens := due.pop(probe._steps_so_far(), None):
                    happens(probe)

            account = dcgan(game, log)
    assert [str(warning.message) for warning in caught][1:] == []
    assert len(account.steps) == STEPS
    assert runs.same(alone, runs.state_of(game))
    return probe, account.column("loss_d").tolist()


def holds(run: Path, steps: int) -> Callable[[cp.Probe], bool]:
    return lambda probe: len(cp.load(run).steps) >= steps


def then(*actions: Callable[[], object], wait_for: Callable[[cp.Probe], bool]) -> Callable[[cp.Probe], None]:
    def happens(probe: cp.Probe) -> None:
        for action in actions:
            action()
        until(lambda: wait_for(probe))

    return happens


@pytest.mark.parametrize("fault", ["full", "read-only", "moved away"])
def test_after_a_disk_has_come_back_no_step_is_missing_and_the_gap_is_marked(
    fault: str, disk: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    run = disk.path / "run"
    begin, end = {
        "full": (disk.fill, disk.free),
        "read-only": (disk.read_only, disk.writable),
        "moved away": (lambda: run.rename(disk.path / "away"), lambda: (disk.path / "away").rename(run)),
    }[fault]

    def comes_back(probe: cp.Probe) -> None:
        # The disk's thread may be behind the loop: what it was not asked to write yet is no loss.
        until(lambda: "captures" in probe._pipeline.outbox.gaps()[-1]["missing"])
        then(end, wait_for=well)(probe)

    probe, losses = train(run, {8: then(begin, wait_for=fails), 16: comes_back})
    assert cp.load(run).steps["loss_d"].tolist() == losses
    found = cp.load(run)
    (gap,) = found.info["gaps"]
    assert gap["from"] < gap["until"]
    captures = gap["missing"]["captures"]
    assert captures > 0
    assert set(gap["missing"]) <= {"captures", "sheets"}
    assert len(found.statistics) == STEPS
    assert len(found.batches) == STEPS - captures
    assert max(found.batches) == STEPS - 1
    assert found.finished
    assert [problem for problem in found.problems if "the disk failed" in problem] == found.problems
    assert f"{captures} capture" in found.problems[0]
    assert "missing" in str(probe.error)
    assert f"{run} is being written again after " in capsys.readouterr().err


@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_disk_that_fails_to_the_end_holds_what_came_before_and_close_says_what_is_missing(
    fault: str, disk: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = disk.fill if fault == "full" else disk.read_only
    events = {8: then(wait_for=holds(disk.path / "run", 5)), 9: lambda probe: begin()}
    probe, losses = train(disk.path / "run", events)
    stored = cp.load(disk.path / "run").steps["loss_d"].tolist()
    assert stored == losses[: len(stored)]
    assert 5 <= len(stored) < STEPS
    assert f"{STEPS - len(stored)} steps (between {len(stored)} and {STEPS - 1})" in capsys.readouterr().err
    assert ("No space left" if fault == "full" else "Read-only") in str(probe.error)


def test_what_was_cut_short_on_a_full_disk_is_taken_back_before_anything_follows(disk: Disk) -> None:
    run = disk.path / "run"
    train(run, {8: then(disk.fill, wait_for=fails), 16: then(disk.free, wait_for=well)})
    for name in ("steps.0", "statistics.0"):
        blocks, damaged = decode((run / name).read_bytes())
        assert sum(block.rows for block in blocks) == STEPS
        assert damaged == []


def test_a_folder_that_another_run_has_taken_is_left_alone(tmp_path: Path) -> None:
    run = tmp_path / "run"

    def replace(probe: cp.Probe) -> None:
        shutil.rmtree(run)
        with cp.Probe(run=run) as other:
            other.step(loss_d=0.0)

    probe, _ = train(run, {8: replace})
    assert cp.load(run).steps["loss_d"].tolist() == [0.0]
    assert len(cp.load(run).info["starts"]) == 1
    assert sorted(path.name for path in run.iterdir()) == ["run.json", "steps.0"]
    assert "went away" in str(probe.error)


def test_files_that_were_deleted_are_not_made_anew(tmp_path: Path) -> None:
    run = tmp_path / "run"

    def empty(probe: cp.Probe) -> None:
        until(lambda: len(cp.load(run).batches) > 3)
        probe._pipeline.outbox.settle()
        for path in run.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    train(run, {8: empty})
    assert list(run.iterdir()) == []


def test_a_disk_that_does_not_answer_holds_up_neither_training_nor_its_watch(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    run = disk.path / "run"

    def freeze(probe: cp.Probe) -> None:
        until(lambda: len(cp.load(run).steps) > 4)
        falls_silent(disk, monkeypatch)

    def last(probe: cp.Probe) -> None:
        order.append("last step")
        until(lambda: fails(probe) and probe._pipeline.costs.measured > STEPS - 3)
        answers_again(disk, monkeypatch)
        order.append("thawed")

    probe, losses = train(run, {8: freeze, STEPS: last})
    assert order == ["last step", "thawed"]
    found = cp.load(run)
    assert found.steps["loss_d"].tolist() == losses
    assert found.batches == found.statistics.index.tolist() == list(range(STEPS))
    (gap,) = found.info["gaps"]
    assert gap["error"].startswith("no answer for") and gap["missing"] == {} and gap["until"]
    assert found.problems == []
    assert probe.error is None


def test_close_waits_only_so_long_for_a_disk_that_does_not_answer(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_outbox, "LAST_PATIENCE_SECONDS", 0.1)
    run = disk.path / "run"
    probe, losses = train(run, {8: lambda probe: falls_silent(disk, monkeypatch)})
    # Only now: close() has returned while the disk was silent.
    assert "the disk does not answer, so close() waits no longer" in capsys.readouterr().err
    assert len(cp.load(run).steps) < STEPS
    disk.thaw()
    probe._pipeline.outbox._thread.join()
    assert cp.load(run).steps["loss_d"].tolist() == losses
    assert cp.load(run).finished


def test_a_probe_fed_by_hand_does_not_wait_either(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = cp.toy.ring(8, seed=2)
    with pytest.warns(CollapseProbeWarning, match="cannot be written") as caught:
        with cp.Probe(run=disk.path / "run", real=cp.toy.ring(8, seed=1).sample(2048), modes=cp.toy.ring(8)) as probe:
            probe.step(loss_d=1.0, fake=ring.sample(256))
            falls_silent(disk, monkeypatch)
            for turn in range(20):
                fake = ring.sample(256)
                probe.step(loss_d=1.0, fake=fake if turn < 9 else fake[:1].expand(256, 2) + 0.01 * torch.randn(256, 2))
            assert probe.should_stop
            until(lambda: probe.step(loss_d=1.0) or fails(probe))
            answers_again(disk, monkeypatch)
    assert len(caught) == 1
    assert cp.load(disk.path / "run").batches == list(range(21))


def test_a_full_disk_keeps_nobody_from_stopping(disk: Disk) -> None:
    ring = cp.toy.ring(8, seed=2)
    with pytest.warns(CollapseProbeWarning, match="cannot be written"):
        with cp.Probe(run=disk.path / "run", real=cp.toy.ring(8, seed=1).sample(2048), modes=cp.toy.ring(8)) as probe:
            for _ in range(10):
                probe.step(fake=ring.sample(256))
            disk.fill()
            for _ in range(10):
                probe.step(fake=ring.sample(1).expand(256, 2) + 0.01 * torch.randn(256, 2))
    assert [event.kind for event in probe.events] == ["collapse", "collapse"]
    assert probe.should_stop


def test_a_slow_disk_that_is_well_has_no_capture_of_a_probe_fed_by_hand_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_waiting, "MAXIMUM_CAPTURE_BYTES", 20_000)
    with cp.Probe(run=tmp_path / "run") as probe:
        for _ in range(40):
            probe.step(fake=torch.randn(256, 8))
    assert len(cp.load(tmp_path / "run").batches) == 40
    assert probe.error is None


@pytest.mark.parametrize("by_hand", [True, False], ids=["by hand", "attached"])
def test_no_step_is_dropped_where_a_disk_that_is_well_is_slower_than_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_hand: bool
) -> None:
    monkeypatch.setattr(_waiting, "MAXIMUM_ROW_BYTES", 6_000)
    append = _appending.AppendedFile.append

    def slowly(file: _appending.AppendedFile, content: bytes) -> None:
        time.sleep(0.005)
        append(file, content)

    monkeypatch.setattr(_appending.AppendedFile, "append", slowly)
    game, run, steps = players(sigmoid=True), tmp_path / "run", 100 if by_hand else STEPS
    with cp.Probe(run) if by_hand else cp.attach(game.generator, game.discriminator, run=run) as probe:
        if by_hand:
            for step in range(steps):
                probe.step(loss_d=float(step))
        else:
            dcgan(game)
    found = cp.load(run)
    assert found.steps.index.tolist() == list(range(steps))
    assert probe.error is None and "gaps" not in found.info


def test_the_best_weights_are_written_once_there_is_room(disk: Disk) -> None:
    best = disk.path / "best.safetensors"
    disk.fill()
    run = disk.path.parent / "run"
    probe, _ = train(run, {15: then(wait_for=fails), 16: then(disk.free, wait_for=well)}, keep_best=best)
    found = cp.load(run)
    assert found.info["kept_step"] == found.verdict.best_step
    assert best.exists()
    assert [gap["missing"] for gap in found.info["gaps"]] == [{}]
    assert probe.error is None


def test_steps_that_wait_take_bounded_memory_and_the_oldest_are_dropped_and_counted(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_waiting, "MAXIMUM_ROW_BYTES", 10_000)
    run = disk.path / "run"
    with pytest.warns(CollapseProbeWarning, match="cannot be written"):
        with cp.Probe(run=run) as probe:
            probe.step(loss_d=0.0)
            until(lambda: len(cp.load(run).steps) == 1)
            disk.read_only()
            probe.step(loss_d=1.0)
            until(lambda: fails(probe))
            for step in range(2, 100):
                probe.step(loss_d=float(step))
            disk.writable()
            until(lambda: well(probe))
    found = cp.load(run)
    kept = found.steps.index.tolist()
    assert 3 < len(kept) < 20
    assert kept[-3:] == [97, 98, 99]
    (gap,) = found.info["gaps"]
    assert gap["missing"] == {"steps": 100 - len(kept)}
    low, high = gap["missing_steps"]
    assert low == 1 and high < 97


def test_a_folder_that_cannot_be_written_is_refused_before_the_training(disk: Disk) -> None:
    game = players(sigmoid=True)
    (disk.path / "old").mkdir()
    for begin, end, reason in (
        (disk.fill, disk.free, "No space left on device"),
        (disk.read_only, disk.writable, ""),
    ):
        begin()
        for run in ("new", "old"):
            with pytest.raises(InvalidArgument, match=f"{run}.*{reason}.*take another path"):
                cp.attach(game.generator, game.discriminator, run=disk.path / run)
        end()
    assert "forward" not in vars(game.generator)
    cp.attach(game.generator, game.discriminator, run=disk.path / "old").close()


def test_a_disk_that_fails_on_one_rank_is_not_felt_by_the_others(tmp_path: Path, monkeypatch: Any) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    monkeypatch.setenv("WORLD_SIZE", "2")
    probes = []
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        probes.append(cp.Probe(run=tmp_path))
    (tmp_path / "steps.1").unlink()
    (tmp_path / "steps.1").symlink_to("/dev/full")
    with pytest.warns(CollapseProbeWarning, match="steps cannot be written .*No space left") as caught:
        for step in range(5):
            for probe in probes:
                probe.step(loss_d=float(step))
        until(lambda: fails(probes[1]))
        for probe in probes:
            probe.close()
    (tmp_path / "steps.1").unlink()
    assert len(caught) == 1
    assert probes[0].error is None
    assert cp.load(tmp_path).steps["loss_d"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert "gaps" not in cp.load(tmp_path).info
