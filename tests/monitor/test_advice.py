"""What an event advises of the run as a whole, live and replayed."""

import dataclasses
import math
from pathlib import Path

import pytest
import torch

import collapse_probe as cp
from collapse_probe._monitor import Monitor
from collapse_probe._monitor._advice import with_best_step, with_time_left
from collapse_probe._monitor._alone import Company
from collapse_probe._records import Band, Event
from collapse_probe.detectors import (
    _class_collapse,
    _collapse,
    _divergence,
    _memorisation,
    _never_fitted,
    _oscillation,
    _stalled,
)

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


def test_where_no_generator_was_ever_varied_none_is_called_the_best() -> None:
    never = Event("never_fitted", "critical", 99, 0, "Never fitted.", {}, "Check the scale.")
    assert with_best_step(never, 47) == never


def test_a_critical_event_names_the_best_step_before_it() -> None:
    monitor = Monitor()
    bands = {"occupancy": Band(20.0, 0.5)}
    for index, ratio in enumerate([0.5, 0.9, 0.95, 0.9] + [0.1] * 6):
        monitor.observe_statistics(10 * index, {"occupancy": 20 * ratio}, bands)
    warning, critical = monitor.events
    assert "best generator" not in warning.advice
    assert critical.advice.endswith("The best generator was at step 20.")


def _narrowed(run: Path, **columns: float) -> list[cp.Event]:
    """Points, varied at first and then all in one place; with these columns at each step."""
    random = torch.Generator().manual_seed(0)
    with cp.Probe(run=run, real=torch.randn(256, 2, generator=random)) as probe:
        for step in range(24):
            spread = 1.0 if step < 10 else 0.01
            probe.step(fake=spread * torch.randn(64, 2, generator=random), **columns)
    return probe.events


def test_a_generator_alone_is_not_advised_on_its_discriminator(tmp_path: Path) -> None:
    alone, judged = _narrowed(tmp_path / "alone", loss_g=1.0), _narrowed(tmp_path / "judged", loss_d=0.7)
    assert [event.message for event in alone] == [event.message for event in judged]
    first, second = alone[-1].advice, judged[-1].advice
    assert alone[-1].severity == "critical"
    assert "KL term" in first and "R1" not in first and "best generator was at step" in first
    assert "R1" in second and "KL" not in second
    for name, events in (("alone", alone), ("judged", judged)):
        assert cp.replay(tmp_path / name) == events == cp.load(tmp_path / name).event_list


def test_every_advice_that_names_the_discriminator_or_the_players_has_another_without_one() -> None:
    texts = {
        text
        for module in (_collapse, _never_fitted, _oscillation, _memorisation, _class_collapse, _divergence)
        for name, text in vars(module).items()
        if name.endswith("ADVICE")
    }
    assert len(texts) == 9
    # What is said of a discriminator that stands still is said of one that was seen.
    for text in texts | {_stalled.ADVICE}:
        event = Company().fitting(dataclasses.replace(COLLAPSE, advice=text))
        said = event.advice.replace("If there is a discriminator that the probe was not shown", "")
        assert not any(word in said for word in ("discriminator", "players", "R1", "gradient penalty")), said


def test_a_discriminator_whose_first_losses_are_nan_is_one_all_the_same() -> None:
    company, collapse = Company(), dataclasses.replace(COLLAPSE, advice=_collapse.ADVICE)
    company.observe({"loss_d": math.nan, "loss_g": 1.0})
    assert company.fitting(collapse) != collapse
    company.observe({"loss_d": 0.7})
    company.observe({"loss_g": 1.0})
    assert company.fitting(collapse) == collapse
