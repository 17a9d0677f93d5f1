"""Captures within a limit: evenly spread, events' surroundings kept."""

import itertools
from pathlib import Path

import torch

import collapse_probe as cp
from collapse_probe._store import CaptureBudget


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
    gaps = [b - a for a, b in itertools.pairwise(kept)]
    assert max(gaps) <= 4 * 10_000 / 20


def test_the_surroundings_of_an_event_stay_to_the_end() -> None:
    kept = _kept(10, range(0, 5_000, 10), protected=(1234,))
    assert {1230, 1240} <= set(kept)


def test_a_run_keeps_to_its_limit_and_says_how_many_captures_went(tmp_path: Path) -> None:
    limit = 20_000
    with cp.Probe(run=tmp_path / "run", disk_limit=limit) as probe:
        for _ in range(50):
            probe.step(loss_d=1.0, fake=torch.randn(64, 8))
            probe._pipeline.outbox.settle()
            stored = sum(path.stat().st_size for path in (tmp_path / "run" / "captures").iterdir())
            assert stored <= limit
    run = cp.load(tmp_path / "run")
    assert len(run.steps) == 50
    assert run.info["captures_removed"] == 50 - len(run.batches) > 0
