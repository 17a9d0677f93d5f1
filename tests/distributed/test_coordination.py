"""A probe in a process group: when it may stop alone, when not, and that it never waits."""

import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch.distributed import distributed_c10d
from torch.testing._internal.distributed import fake_pg  # registers a backend without other processes

import collapse_probe as cp
from collapse_probe._distributed import Place, _coordination, _leader, place
from collapse_probe._distributed._member import Clock, Member
from collapse_probe.errors import CollapseProbeWarning

assert fake_pg
REAL = cp.toy.ring(8, seed=1).sample(256)


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, seconds in (
        (_coordination, "IDLE_SECONDS", 0.01),
        (_coordination, "BUSY_SECONDS", 0.01),
        (_coordination, "_QUIET_SECONDS", 0.01),
        (_leader, "JOIN_SECONDS", 0.3),
    ):
        monkeypatch.setattr(module, name, seconds)
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def group() -> Iterator[Callable[..., Any]]:
    """Starts a process group of two, as seen by one of them; what they share is its store."""

    def start(rank: int = 0) -> Any:
        dist.init_process_group("fake", store=dist.HashStore(), rank=rank, world_size=2)
        return distributed_c10d._get_default_store()

    yield start
    if dist.is_initialized():
        dist.destroy_process_group()


def diverge(probe: cp.Probe, *, steps: int = 3) -> None:
    for _ in range(steps):
        probe.step(loss_d=math.nan, loss_g=1.0)


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold; the limit is for a test that fails, none that passes gets near it."""
    until = time.monotonic() + 20
    while not (held := holds()) and time.monotonic() < until:
        time.sleep(0.01)
    return held


def test_the_place_is_that_of_the_process_group_else_of_the_launcher(
    group: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert place() == Place(0, 1)
    monkeypatch.setenv("RANK", "3")
    assert place() == Place(0, 1)
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert place() == Place(3, 4)
    monkeypatch.setenv("WORLD_SIZE", "none")
    assert place() == Place(0, 1)
    group(rank=1)
    assert place() == Place(1, 2)


def test_a_rank_other_than_0_records_its_steps_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with cp.Probe(run=tmp_path, real=REAL) as probe:
        for _ in range(3):
            probe.step(loss_d=math.nan, fake=torch.zeros(64, 2), real=REAL)
        assert probe.events == [] and not probe.should_stop
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.1.json", "steps.1"]


def test_without_a_process_group_rank_0_stops_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with cp.Probe(run=tmp_path) as probe:
        diverge(probe)
        assert probe.should_stop


def test_a_rank_never_stops_alone_in_a_group_that_was_started_after_its_probe(
    tmp_path: Path, group: Callable[..., Any]
) -> None:
    with cp.Probe(run=tmp_path) as probe:
        group()
        diverge(probe)
        with pytest.warns(CollapseProbeWarning, match="attach after torch.distributed.init_process_group") as caught:
            assert [probe.should_stop for _ in range(3)] == [False] * 3
        assert len(caught) == 1
        assert probe.events


def test_rank_0_stops_with_the_other_and_goes_on_after_a_restored_checkpoint(
    tmp_path: Path, group: Callable[..., Any]
) -> None:
    store = group()
    with cp.Probe(run=tmp_path) as probe:
        for turn, name in enumerate(_names(probe, 2)):
            other = Member(dist.PrefixStore(name, store), 1, Clock(lambda: 5))
            probe.step(loss_d=0.7, step=0)
            diverge(probe, steps=5)
            assert not probe.should_stop
            assert eventually(lambda other=other: other.poll() and other._agreed > 0)  # type: ignore[misc]
            diverge(probe, steps=200)
            assert probe.should_stop, turn
    end = cp.load(tmp_path).info["ends"][-1]
    assert end["how"] == "stopped" and end["stopped_at"] == 206


def _names(probe: cp.Probe, rounds: int) -> list[str]:
    """Where the ranks of a probe meet."""
    return [f"collapse_probe/{probe._coordination._name}/{turn}" for turn in range(rounds)]


def test_rank_0_waits_for_a_rank_that_has_not_answered(tmp_path: Path, group: Callable[..., Any]) -> None:
    store = group()
    with cp.Probe(run=tmp_path) as probe:
        mute = Member(dist.PrefixStore(_names(probe, 1)[0], store), 1, Clock(lambda: 0))
        diverge(probe)
        assert eventually(lambda: mute._store.check(["proposal/1"]))
        diverge(probe, steps=100)
        assert not probe.should_stop
        assert mute.stopped_at is None


@pytest.mark.parametrize("rank", [0, 1])
def test_without_the_store_no_rank_stops_and_it_is_said_once(
    rank: int, tmp_path: Path, group: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    group(rank)
    monkeypatch.delattr(distributed_c10d, "_get_default_store")
    with pytest.warns(CollapseProbeWarning, match="AttributeError.*training and recording go on") as caught:
        with cp.Probe(run=tmp_path) as probe:
            assert eventually(lambda: not probe._coordination._thread.is_alive())
            diverge(probe)
            assert not probe.should_stop
    assert len(caught) == 1
    assert (tmp_path / f"steps.{rank}").stat().st_size > 0


def test_a_group_with_other_ranks_than_at_attach_is_not_joined(
    tmp_path: Path, group: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.warns(
        CollapseProbeWarning, match=r"Place\(rank=0, world_size=2\), but .*: attach once the group is started"
    ):
        with cp.Probe(run=tmp_path) as probe:
            group()
            assert eventually(lambda: not probe._coordination._thread.is_alive())
            diverge(probe)
            assert not probe.should_stop


def test_a_store_that_fails_when_it_is_asked_in_the_loop_stops_nobody(
    tmp_path: Path, group: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    group()

    def refuse(*_: Any) -> bytes:
        raise dist.DistNetworkError("connection reset")

    with pytest.warns(CollapseProbeWarning, match="connection reset"):
        with cp.Probe(run=tmp_path) as probe:
            assert eventually(lambda: probe._coordination._joined is not None)
            monkeypatch.setattr(dist.PrefixStore, "compare_set", refuse)
            diverge(probe)
            assert eventually(lambda: not probe._coordination._thread.is_alive())
            diverge(probe, steps=100)
            assert not probe.should_stop


def test_a_rank_that_knows_where_to_stop_needs_the_store_no_more(
    tmp_path: Path, group: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = group(rank=1)
    with cp.Probe(run=tmp_path) as probe:
        shared = dist.PrefixStore(_names(probe, 1)[0], store)
        shared.set("proposal/1", "3")
        shared.set("decision/1", "yes")
        assert eventually(lambda: probe._coordination._joined is not None)
        assert eventually(lambda: probe._coordination._joined.member.agreed)  # type: ignore[union-attr]

        def refuse(*_: Any) -> bool:
            raise dist.DistNetworkError("connection reset")

        monkeypatch.setattr(dist.PrefixStore, "check", refuse)
        assert eventually(lambda: not probe._coordination._thread.is_alive())
        seen = []
        for _ in range(4):
            probe.step(loss_d=0.7)
            seen.append(probe.should_stop)
    assert seen == [False, False, True, True]


def test_closing_does_not_wait_for_a_store_that_hangs(
    tmp_path: Path, group: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    group()
    released, hanging = threading.Event(), threading.Event()

    def hang(*_: Any) -> bool:
        hanging.set()
        released.wait(60)
        return False

    monkeypatch.setattr(dist.PrefixStore, "check", hang)
    monkeypatch.setattr(_coordination, "_LEAVING_SECONDS", 0.05)
    probe = cp.Probe(run=tmp_path)
    assert hanging.wait(20)
    probe.close()
    assert probe._coordination._thread.is_alive()
    assert cp.load(tmp_path).finished
    released.set()
    probe._coordination._thread.join()


def test_a_probe_alone_has_no_thread_for_others(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with cp.Probe(run=tmp_path):
        ours = [thread.name for thread in set(threading.enumerate()) - before]
        assert ours == ["collapse_probe disk"]
    assert "RANK" not in os.environ
