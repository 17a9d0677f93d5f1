"""A loop that pauses after a step: what it has made reaches the disk all the same, and what it adds later too."""

import math
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import collapse_probe as cp
from collapse_probe._hooks import _observer
from collapse_probe._recorder import _rows, _worker
from collapse_probe.errors import CollapseProbeWarning

from .faults import Fault


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in a tenth of the time."""
    monkeypatch.setattr(_worker, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(_rows, "FLUSH_SECONDS", 0.1)
    monkeypatch.setattr(_observer, "_PAUSE_SECONDS", 0.05)


class Game:
    """Two small networks that are trained on nothing in particular."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.generator, self.discriminator = nn.Linear(4, 2), nn.Linear(2, 1)
        self._g = torch.optim.SGD(self.generator.parameters(), 0.01)
        self._d = torch.optim.SGD(self.discriminator.parameters(), 0.01)

    def train(self, steps: int, after_each: Callable[[torch.Tensor], None] = lambda loss: None) -> None:
        for _ in range(steps):
            self._d.zero_grad()
            fake = self.generator(torch.randn(16, 4))
            loss = self.discriminator(fake.detach()).mean() - self.discriminator(torch.randn(16, 2)).mean()
            loss.backward()
            self._d.step()
            self._g.zero_grad()
            (-self.discriminator(self.generator(torch.randn(16, 4))).mean()).backward()
            self._g.step()
            after_each(loss)


def wait_for(steps: int, run: Path) -> None:
    """Until so many are on disk; the loop does nothing meanwhile."""
    give_up = time.monotonic() + 10
    while len(cp.load(run).steps) < steps:
        assert time.monotonic() < give_up, f"{len(cp.load(run).steps)} of {steps} steps on disk"
        time.sleep(0.01)


def test_every_step_is_on_disk_while_the_loop_does_something_else(tmp_path: Path) -> None:
    game = Game()
    with cp.attach(game.generator, game.discriminator, run=tmp_path) as probe:
        for steps in (1, 38, 39, 40, 75):
            game.train(steps - len(cp.load(tmp_path).steps), lambda loss: probe.log(loss_d=loss))
            wait_for(steps, tmp_path)
    steps = cp.load(tmp_path).steps
    assert steps.index.tolist() == list(range(75))
    assert steps[["loss_d", "d_real", "edge", "grad_norm_g"]].notna().all(axis=None)


def test_what_is_logged_after_the_pause_belongs_to_the_step_before_it_and_changes_nothing_else(tmp_path: Path) -> None:
    game = Game()
    with cp.attach(game.generator, game.discriminator, run=tmp_path) as probe:
        game.train(20, lambda loss: probe.log(loss_d=loss))
        wait_for(20, tmp_path)
        before = cp.load(tmp_path).steps
        probe.log(fid=12.5)
        game.train(3)
    steps = cp.load(tmp_path).steps
    assert steps["fid"].dropna().to_dict() == {19: 12.5}
    assert len(steps) == 23
    assert steps.loc[:19, list(before)].equals(before)


def test_each_step_of_a_slow_loop_takes_one_row(tmp_path: Path) -> None:
    game = Game()
    with cp.attach(game.generator, game.discriminator, run=tmp_path, every=10**9) as probe:
        for steps in range(1, 6):
            game.train(1, lambda loss: probe.log(loss_d=loss))
            wait_for(steps, tmp_path)
    assert (tmp_path / "steps.0").read_bytes().count(b"CPB") == 5


def test_a_run_with_pauses_has_the_rows_and_the_events_of_one_without(tmp_path: Path) -> None:
    for name, pauses in (("with", True), ("without", False)):
        game, losses = Game(), iter([*[1.0] * 30, *[math.nan] * 10])
        with cp.attach(game.generator, game.discriminator, run=tmp_path / name, every=10) as probe:
            for step in range(1, 41):
                game.train(1)
                if pauses and step % 9 == 0:
                    wait_for(step, tmp_path / name)
                probe.log(loss_d=next(losses))
    paused, other = cp.load(tmp_path / "with"), cp.load(tmp_path / "without")
    # Canonical losses of a critic follow the spread of its scores, chunk by chunk.
    for name in ("loss_d", "d_real", "d_fake", "edge", "grad_norm_d", "grad_norm_g", "score_gradient_g"):
        assert np.array_equal(paused.steps[name], other.steps[name], equal_nan=True), name
    assert paused.event_list == other.event_list == cp.replay(tmp_path / "with")
    assert [event.kind for event in paused.event_list] == ["divergence", "divergence"]
    assert paused.batches == other.batches


@pytest.mark.parametrize(
    "boundary",
    [
        "_recorder._chunk.Chunk.part",
        "_recorder._pipeline.Pipeline.take_ahead",
        "_recorder._assemble.Assembler.amend",
    ],
)
def test_a_failure_while_the_loop_pauses_is_one_warning(
    boundary: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = Game()
    with monkeypatch.context() as patched, pytest.warns(CollapseProbeWarning, match="injected") as caught:
        with cp.attach(game.generator, game.discriminator, run=tmp_path) as probe:
            game.train(5)
            wait_for(5, tmp_path)
            game.train(5)
            fault = Fault(boundary, lambda: RuntimeError("injected"), patched)
            fault.arm()
            give_up = time.monotonic() + 10
            while not fault.hits and time.monotonic() < give_up:
                game.train(1)
                time.sleep(0.15)
    assert len(caught) == 1
    assert "injected" in str(probe.error)
    assert cp.load(tmp_path).steps.index.tolist()[:5] == [0, 1, 2, 3, 4]


def test_a_loop_that_goes_on_from_a_restored_checkpoint_says_so_and_keeps_what_came_before(tmp_path: Path) -> None:
    for first, steps in ((0, 30), (20, 15)):
        game = Game()
        with cp.attach(
            game.generator, game.discriminator, run=tmp_path, first_step=first, every=5, sample_size=16
        ) as probe:
            game.train(1, lambda loss, probe=probe, first=first: probe.log(loss_d=float(first)))
            wait_for(first + 1, tmp_path)
            game.train(steps - 1, lambda loss, probe=probe, first=first: probe.log(loss_d=float(first)))
    run = cp.load(tmp_path)
    assert run.steps.index.tolist() == list(range(35))
    assert run.steps["loss_d"].tolist() == [0.0] * 20 + [20.0] * 15
    assert run.batches == [0, 5, 10, 15, 20, 25, 30]
    assert len(run.info["starts"]) == 2


def test_steps_fed_by_hand_reach_the_disk_while_nothing_more_comes(tmp_path: Path) -> None:
    with cp.Probe(run=tmp_path) as probe:
        for steps in (1, 3, 8):
            while len(cp.load(tmp_path).steps) < steps:
                probe.step(loss_d=1.0, step=len(cp.load(tmp_path).steps))
                wait_for(len(cp.load(tmp_path).steps) + 1, tmp_path)
    assert len(cp.load(tmp_path).steps) == 8


def test_a_probe_fed_by_hand_has_a_thread_only_where_rows_wait_and_none_after_its_end(tmp_path: Path) -> None:
    def threads() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name == "collapse_probe flush"]

    probe = cp.Probe(run=tmp_path)
    assert threads() == []
    probe.step(loss_d=1.0)
    assert threads() == ["collapse_probe flush"]
    probe.close()
    assert threads() == []


def test_rows_from_one_thread_and_flushes_from_another_lose_and_repeat_nothing(tmp_path: Path) -> None:
    written: list[int] = []

    class Writer:
        def append_steps(self, columns: dict[str, np.ndarray]) -> None:
            written.extend(columns["step"].tolist())

    rows, writer, done = _rows.Rows(), Writer(), threading.Event()

    def flush() -> None:
        while not done.is_set():
            rows.flush(writer)  # type: ignore[arg-type]

    flushing = threading.Thread(target=flush)
    flushing.start()
    for step in range(20_000):
        rows.add((step, 0.0, {"loss_d": 1.0}))
    done.set()
    flushing.join()
    rows.flush(writer)  # type: ignore[arg-type]
    assert written == list(range(20_000))


def test_a_row_that_comes_while_others_are_being_written_neither_waits_nor_is_lost(tmp_path: Path) -> None:
    written: list[int] = []
    writing, go_on = threading.Event(), threading.Event()

    class Writer:
        def append_steps(self, columns: dict[str, np.ndarray]) -> None:
            writing.set()
            assert go_on.wait(10)
            written.extend(columns["step"].tolist())

    rows, writer = _rows.Rows(), Writer()
    rows.add((0, 0.0, {}))
    flushing = threading.Thread(target=rows.flush, args=[writer])
    flushing.start()
    assert writing.wait(10)
    rows.add((1, 0.0, {}))  # would wait for ever, or be gone with the list that is being written
    go_on.set()
    flushing.join()
    rows.flush(writer)  # type: ignore[arg-type]
    assert written == [0, 1]


def test_rows_that_could_not_be_written_are_kept_for_the_next_attempt() -> None:
    written: list[int] = []
    full = True

    class Writer:
        def append_steps(self, columns: dict[str, np.ndarray]) -> None:
            if full:
                raise OSError("no space left on device")
            written.extend(columns["step"].tolist())

    rows, writer = _rows.Rows(), Writer()
    flusher = _rows.Flusher(lambda: rows.flush(writer))  # type: ignore[arg-type]
    rows.add((0, 0.0, {}))
    with pytest.raises(OSError, match="no space"):
        rows.flush(writer)  # type: ignore[arg-type]
    flusher.wake()
    time.sleep(0.25)  # it tries meanwhile, in vain, and says nothing
    rows.add((1, 0.0, {}))
    full = False
    flusher.wake()
    give_up = time.monotonic() + 10
    while not written and time.monotonic() < give_up:
        time.sleep(0.01)
    flusher.close()
    assert written == [0, 1]


def test_a_flusher_that_is_closed_just_as_it_sets_to_work_ends_all_the_same() -> None:
    flusher = _rows.Flusher(lambda: None)
    clear = flusher._awake.clear

    def closed_just_before() -> None:
        flusher._closed.set()
        flusher._awake.set()
        clear()

    flusher._awake.clear = closed_just_before  # type: ignore[method-assign]
    flusher.wake()
    assert flusher._thread is not None
    flusher._thread.join(10)
    assert not flusher._thread.is_alive()
