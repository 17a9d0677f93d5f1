"""Captures within a limit: evenly spread, events' surroundings kept."""

import heapq
import itertools
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import collapse_probe as cp
from collapse_probe._recorder._sheets import Sheets
from collapse_probe._store import CaptureBudget, RunWriter
from collapse_probe._store._thinning import SURROUNDING

apart = st.lists(st.integers(1, 50), min_size=1, max_size=300)


def _gaps(kept: list[int]) -> list[int]:
    return [after - before for before, after in itertools.pairwise(kept)]


def _kept(limit: int, steps: range, protected: tuple[int, ...] = ()) -> list[int]:
    budget = CaptureBudget(limit=limit)
    budget.protect(protected)
    kept: list[int] = []
    for step in steps:
        gone = budget.add(step, 1)
        kept = [k for k in [*kept, step] if k not in gone]
    return kept


def test_what_stays_fits_the_limit_and_spans_the_run() -> None:
    kept = _kept(20, range(0, 10_000, 10))
    assert len(kept) == 20
    assert (kept[0], kept[-1]) == (0, 9990)
    assert max(_gaps(kept)) <= 2 * 9990 / 19


@given(apart=apart, room=st.integers(4, 40))
def test_at_any_time_no_gap_is_wider_than_twice_the_ideal_or_than_they_came(apart: list[int], room: int) -> None:
    budget, kept = CaptureBudget(limit=room), list[int]()
    steps = list(itertools.accumulate(apart))
    for step in steps:
        gone = set(budget.add(step, 1))
        kept = [known for known in [*kept, step] if known not in gone]
        assert len(kept) == min(room, 1 + steps.index(step))
        assert (kept[0], kept[-1]) == (steps[0], step)
        assert max(_gaps(kept), default=0) <= max(2 * (step - steps[0]) / (len(kept) - 1 or 1), *apart)


@given(
    apart=apart,
    room=st.integers(12, 60),
    events=st.lists(st.tuples(st.integers(0, 299), st.integers(0, 99)), max_size=9),
)
def test_with_events_no_gap_is_wider_than_four_times_the_ideal(
    apart: list[int], room: int, events: list[tuple[int, int]]
) -> None:
    budget, kept = CaptureBudget(limit=room), list[int]()
    steps = list(itertools.accumulate(apart))
    for number, step in enumerate(steps):
        gone = set(budget.add(step, 1))
        kept = [known for known in [*kept, step] if known not in gone]
        budget.protect(step - back for when, back in events if when == number)
        assert len(kept) <= room
        assert (kept[0], kept[-1]) == (steps[0], step)
        assert max(_gaps(kept), default=0) <= max(4 * (step - steps[0]) / max(len(kept) - 3, 1), *apart)


def test_events_all_over_the_first_steps_leave_room_for_the_rest() -> None:
    budget, kept = CaptureBudget(limit=20), list[int]()
    for step in range(0, 10_000, 10):
        gone = set(budget.add(step, 1))
        kept = [known for known in [*kept, step] if known not in gone]
        if step < 300:
            budget.protect((step,))
    assert max(_gaps(kept)) <= 4 * 9_990 / (len(kept) - 3)


@given(sizes=st.lists(st.integers(1, 30), min_size=3, max_size=200), limit=st.integers(60, 300))
def test_captures_of_any_size_stay_within_the_limit(sizes: list[int], limit: int) -> None:
    budget, kept = CaptureBudget(limit=limit), dict[int, int]()
    for step, size in enumerate(sizes):
        kept[step] = size
        for gone in budget.add(step, size):
            del kept[gone]
        assert sum(kept.values()) <= limit
        assert {0, step} <= set(kept)
    assert budget.removed == len(sizes) - len(kept)


@given(event=st.integers(100, 900))
@settings(max_examples=30)
def test_the_surroundings_of_an_event_stay_dense_to_the_end(event: int) -> None:
    budget, kept = CaptureBudget(limit=40), list[int]()
    for step in range(0, 20_000, 10):
        gone = set(budget.add(step, 1))
        kept = [known for known in [*kept, step] if known not in gone]
        if step == event // 10 * 10:
            before = [known for known in kept if known < event][-SURROUNDING:]
            budget.protect((event,))
    first = -(-event // 10) * 10
    after = [first + 10 * i for i in range(SURROUNDING)]
    assert {*before, *after} <= set(kept)
    elsewhere = [gap for gap, step in zip(_gaps(kept), kept, strict=False) if not before[0] <= step < after[-1]]
    assert 10 * max(_gaps([*before, *after])) <= np.median(elsewhere)


def test_the_first_and_the_newest_stay_even_where_they_are_too_large() -> None:
    budget = CaptureBudget(limit=5)
    assert [budget.add(step, 10) for step in (0, 10, 20, 30)] == [[], [], [10], [20]]


def test_what_a_resumed_run_takes_again_goes_first_and_is_not_counted_as_thinned() -> None:
    budget = CaptureBudget(limit=60, stored={step: 10 for step in (0, 10, 20, 25, 30, 40)})
    budget.taken_up(25, current=[0, 10, 20])
    gone = [step for added in (26, 36, 46) for step in budget.add(added, 10)]
    assert sorted(gone) == [25, 30, 40]
    assert budget.removed == 0
    assert budget.add(56, 10) == [20]
    assert budget.removed == 1


def test_a_run_that_goes_back_without_a_word_replaces_what_it_had() -> None:
    budget = CaptureBudget(limit=30, stored={0: 10, 10: 10, 20: 10})
    assert budget.add(10, 10) == []
    assert budget.add(15, 10) == [20]


def test_what_is_stored_already_counts() -> None:
    budget = CaptureBudget(limit=30, stored={step: 10 for step in range(0, 100, 10)})
    assert len(budget.add(100, 10)) == 8


def test_a_capture_costs_a_constant_number_of_looks_at_the_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    for name in ("heappush", "heappop"):
        whole = getattr(heapq, name)
        monkeypatch.setattr(heapq, name, lambda *args, whole=whole: looks.append(len(args[0])) or whole(*args))
    budget = CaptureBudget(limit=100)
    for step in range(5_000):
        budget.add(step, 1)
    assert len(looks) <= 8 * 5_000
    assert max(looks) <= 64 + 8 * 101 + 1


def test_a_run_keeps_to_its_limit_and_says_how_many_captures_went(tmp_path: Path) -> None:
    limit = 20_000
    with cp.Probe(run=tmp_path / "run", disk_limit=limit) as probe:
        for _ in range(50):
            probe.step(loss_d=1.0, fake=torch.randn(64, 8))
            probe._pipeline.outbox.settle()
            stored = sum(path.stat().st_size for path in (tmp_path / "run" / "captures").iterdir())
            assert stored <= limit
        running = cp.load(tmp_path / "run").info["captures_removed"]
    run = cp.load(tmp_path / "run")
    assert len(run.steps) == 50
    assert run.info["captures_removed"] == 50 - len(run.batches) > 0
    assert run.info["captures_removed"] / 2 < running <= run.info["captures_removed"]


def test_a_resumed_run_counts_what_is_there_and_what_went_before(tmp_path: Path) -> None:
    for begin in (0, 30):
        with cp.Probe(run=tmp_path, disk_limit=20_000) as probe:
            for step in range(begin, begin + 30):
                probe.step(loss_d=1.0, fake=torch.randn(64, 8), step=step)
                assert probe._pipeline.outbox.settle(at_most=10)  # the disk has a thread of its own
                files = list((tmp_path / "captures").iterdir()) if (tmp_path / "captures").is_dir() else []
                assert sum(path.stat().st_size for path in files) <= 20_000
    run = cp.load(tmp_path)
    assert len(run.steps) == 60
    assert {0, 59} <= set(run.batches)
    assert run.info["captures_removed"] == 60 - len(run.batches)
    assert max(_gaps(run.batches)) <= 2 * 59 / (len(run.batches) - 1)


def test_a_resumed_run_gives_up_what_it_took_again_before_anything_else(tmp_path: Path) -> None:
    with cp.Probe(run=tmp_path, disk_limit=20_000) as probe:
        for step in range(60):
            probe.step(loss_d=1.0, fake=torch.randn(64, 8), step=step)
    void = [step for step in cp.load(tmp_path).batches if 30 <= step < 40]
    with cp.Probe(run=tmp_path, disk_limit=20_000) as probe:
        for step in range(30, 60):
            probe.step(loss_d=1.0, fake=torch.randn(64, 8) if step >= 40 else None, step=step)
    run = cp.load(tmp_path)
    assert void and not set(void) & set(run.batches)
    assert {int(path.stem) for path in (tmp_path / "captures").iterdir()} == set(run.batches)


def test_a_run_of_12_700_sheets_stays_bounded(tmp_path: Path) -> None:
    class OnlySizes(RunWriter):
        """Writing 12,700 files is for a benchmark."""

        stored: ClassVar[dict[int, int]] = {}

        def write_sheet(self, step: int, sheet: np.ndarray) -> int:
            self.stored[step] = sheet.nbytes + 200
            return self.stored[step]

        def remove_sheet(self, step: int) -> None:
            del self.stored[step]

    writer = OnlySizes(tmp_path, info={})
    sheets, sheet = Sheets(writer, disk_limit=10**8), torch.zeros(64, 3, 8, 8)
    for step in range(0, 12_700 * 20, 20):
        sheets.add(writer, step=step, sheet=sheet)
        assert len(writer.stored) * (sheet.nbytes + 200) <= 10**8 // 4
    kept = sorted(writer.stored)
    assert (kept[0], kept[-1]) == (0, 12_699 * 20)
    assert max(_gaps(kept)) <= 2 * kept[-1] / (len(kept) - 1)
    assert sheets.removed == 12_700 - len(kept)
