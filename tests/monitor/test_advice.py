"""What an event advises of the run as a whole, live and replayed."""

import dataclasses
import math
from pathlib import Path

import pytest
import torch

import collapse_probe as cp
from collapse_probe._monitor import Monitor
from collapse_probe._monitor._advice import with_best_step, with_time_left
from collapse_probe._records import Band, Event

COLLAPSE = Event("collapse", "critical", 99, 50, "Collapse.", {}, "Stop here.")
RECOVERY = Event("recovery", "warning", 99, 99, "Recovered.", {}, "No action needed.")


def _diverged(run: Path, total_steps: int | None) -> list[cp.Event]:
    with cp.Probe(run=run, total_steps=total_steps) as probe:
        for step in range(40):
            probe.step(loss_d=math.nan if step >= 19 else 1.0)
    return probe.events


def test_the_advice_of_an_event_says_how_many_steps_are_still_to_come(tmp_path: Path) -> None:
    first, second = _diverged(tmp_path / "run", 200)
    assert (first.step, first.severity) == (19, "warning")
    assert first.advice.endswith("Of 200 steps 180 (90%) are still to come.")
    assert (second.step, second.severity) == (21, "critical")
    assert second.advice.endswith("Of 200 steps 178 (89%) are still to come.")
    run = cp.load(tmp_path / "run")
    assert run.info["total_steps"] == 200
    assert run.event_list == cp.replay(run) == [first, second]


def test_it_changes_nothing_but_the_advice(tmp_path: Path) -> None:
    told, untold = _diverged(tmp_path / "told", 200), _diverged(tmp_path / "untold", None)
    assert [dataclasses.replace(event, advice="") for event in told] == [
        dataclasses.replace(event, advice="") for event in untold
    ]
    assert not any("still to come" in event.advice for event in untold)


@pytest.mark.parametrize("total", [None, 40, 99, 100])
def test_nothing_is_said_where_the_end_is_not_known_or_is_past(total: int | None) -> None:
    assert with_time_left(COLLAPSE, total) == COLLAPSE


def test_a_recovery_is_no_reason_to_stop() -> None:
    assert with_time_left(RECOVERY, 1000) == RECOVERY


def test_a_watched_run_says_so_too(tmp_path: Path) -> None:
    generator = torch.nn.Linear(2, 2)
    optimizer = torch.optim.SGD(generator.parameters(), 0.0)
    with cp.attach(generator, run=tmp_path / "run", total_steps=50) as probe:
        for _ in range(9):
            generator(torch.randn(8, 2)).sum().backward()
            optimizer.step()
            probe.log(loss_g=math.inf)
    assert probe.events[0].advice.endswith("Of 50 steps 49 (98%) are still to come.")


def test_a_generator_that_stands_still_is_not_better_later_on() -> None:
    stalled = Event("stalled", "critical", 99, 50, "Stalled.", {}, "Go back.")
    assert with_best_step(stalled, 49).advice == "Go back. The best generator was at step 49."
    assert with_best_step(stalled, 50) == with_best_step(stalled, 70) == stalled
    assert with_best_step(COLLAPSE, 70).advice.endswith("step 70.")


def test_a_critical_event_names_the_best_step_before_it() -> None:
    monitor = Monitor()
    bands = {"occupancy": Band(20.0, 0.5)}
    for index, ratio in enumerate([0.5, 0.9, 0.95, 0.9] + [0.1] * 6):
        monitor.observe_statistics(10 * index, {"occupancy": 20 * ratio}, bands)
    warning, critical = monitor.events
    assert "best generator" not in warning.advice
    assert critical.advice.endswith("The best generator was at step 20.")
