"""Standstill: gradients that no longer come, and everything that only looks like it."""

import math
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import torch
from torch import nn

import collapse_probe as cp
from collapse_probe._best import best_capture
from collapse_probe._records import Band, Event, Observation, subject
from collapse_probe.detectors._base import DetectorOptions
from collapse_probe.detectors._stalled import Stalled

NAN = math.nan


def _events(g: Iterable[float], d: Iterable[float] = (), options: DetectorOptions = DetectorOptions()) -> list[Event]:
    """Of norms of the generator's gradient and of the discriminator's, step by step."""
    detector = Stalled(options)
    columns = {"grad_norm_g": list(g), "grad_norm_d": list(d)}
    columns = {name: norms for name, norms in columns.items() if norms}
    rows = [
        Observation(step, dict(zip(columns, row, strict=True)))
        for step, row in enumerate(zip(*columns.values(), strict=True))
    ]
    return [event for row in rows if (event := detector.update(row)) is not None]


def _said(events: Iterable[Event]) -> list[tuple[str, str, int, int]]:
    return [(event.kind, event.severity, event.onset, event.step) for event in events]


def test_ninety_updates_without_a_gradient_warn_and_patience_times_fifty_steps_more_are_critical() -> None:
    events = _events([7.4] * 300 + [0.0] * 700)
    assert _said(events) == [("stalled", "warning", 300, 389), ("stalled", "critical", 300, 539)]
    assert events[0].message == (
        "Training stands still since step 300: no gradient reaches the generator (its norm fell from 7.4 to 0)."
    )
    assert events[0].evidence == {"grad_norm_g": 0.0, "grad_norm_g_before": 7.4}
    assert "logits" in events[1].advice
    assert {subject(event) for event in events} == {"gradients"}


def test_where_both_players_rest_it_says_so_once() -> None:
    norms = [7.4] * 300 + [0.0] * 700
    events = _events(norms, norms)
    assert _said(events) == [("stalled", "warning", 300, 389), ("stalled", "critical", 300, 539)]
    assert all("either player" in event.message for event in events)


def test_a_discriminator_that_rests_on_once_the_generator_learns_again_is_dated_from_where_it_began() -> None:
    generator = [7.4] * 300 + [0.0] * 350 + [7.4] * 200
    discriminator = [3.0] * 300 + [0.0] * 550
    events = _events(generator, discriminator)
    assert [(event.kind, event.onset) for event in events[-2:]] == [("recovery", events[-2].step), ("stalled", 300)]
    assert events[-1].message.startswith("The discriminator stands still since step 300")


def test_a_stray_update_without_a_gradient_long_before_is_no_onset() -> None:
    assert _events([7.4] * 250 + [0.0] + [7.4] * 49 + [0.0] * 200)[0].onset == 300


def test_a_stray_update_with_a_gradient_does_not_move_the_onset() -> None:
    assert _events([7.4] * 300 + [0.0] * 60 + [7.4] + [0.0] * 200)[0].onset == 300


def test_patience_and_sensitivity_are_heeded() -> None:
    norms = [7.4] * 300 + [0.0] * 700
    assert [event.step for event in _events(norms, options=DetectorOptions(patience=1))] == [389, 439]
    assert _events(norms, options=DetectorOptions(sensitivity=1.5))[0].step == 359
    assert _events(norms, options=DetectorOptions(sensitivity=9.0))[0].step == 350
    assert _events(norms, options=DetectorOptions(sensitivity=0.1))[0].step == 399


def test_a_discriminator_alone_is_never_critical_and_gives_way_to_the_generator() -> None:
    g, d = [7.4] * 700 + [0.0] * 300, [2.0] * 300 + [0.0] * 700
    events = _events(g, d)
    assert _said(events) == [
        ("stalled", "warning", 300, 389),
        ("stalled", "warning", 700, 789),
        ("stalled", "critical", 700, 939),
    ]
    assert events[0].message.startswith("The discriminator stands still since step 300")
    assert events[0].evidence == {"grad_norm_d": 0.0, "grad_norm_d_before": 2.0}


def test_gradients_that_come_back_are_a_recovery_and_it_can_begin_again() -> None:
    cycle = [7.4] * 300 + [0.0] * 300
    steps = [(event.kind, event.step) for event in _events(cycle * 2 + [7.4] * 300)]
    once = [("stalled", 389), ("stalled", 539), ("recovery", 649)]
    assert steps == once + [(kind, step + 600) for kind, step in once]
    assert [event.kind for event in _events([7.4] * 300, [7.4] * 300)] == []


def test_a_trickle_of_gradients_is_no_recovery() -> None:
    trickle = [7.4] * 300 + [0.0] * 200 + [1e-3] * 500
    assert [event.kind for event in _events(trickle)] == ["stalled"]


def test_a_gradient_that_is_small_is_none_of_it() -> None:
    assert _events([7.4] * 300 + [7.4e-6] * 1000) == []
    assert _events([7.4 * 0.98**step for step in range(600)]) == []
    assert _said(_events([7.4] * 300 + [7.4e-8] * 1000))[0] == ("stalled", "warning", 300, 389)


def test_the_level_is_the_highest_there_was() -> None:
    (event, *_) = _events([1e-3] * 100 + [1.0] * 300 + [1e-3] * 300 + [1e-8] * 300)
    assert (event.onset, event.evidence["grad_norm_g_before"]) == (700, 1.0)


def test_weights_that_never_had_a_gradient_have_no_level_to_fall_from() -> None:
    assert _events([0.0] * 2000, [3.0] * 2000) == []
    assert _events([7.4] * 40 + [0.0] * 2000) == []


def test_steps_without_an_update_are_not_updates_without_a_gradient() -> None:
    for every in (2, 5, 16):
        lazily = [7.4 if step % every == 0 else NAN for step in range(4000)]
        assert _events(lazily, [1.0] * 4000) == []
    assert _events([7.4] * 300 + [NAN] * 2000, [1.0] * 2300) == []
    assert _events([7.4] * 300 + [NAN] * 2000 + [7.4] * 300) == []
    detector = Stalled()
    rows = [Observation(step, {"grad_norm_g": 7.4} if step < 300 else {"edge": 0.5}) for step in range(2000)]
    assert [detector.update(row) for row in rows] == [None] * 2000


def test_a_generator_that_is_no_longer_updated_does_not_become_critical() -> None:
    norms = [7.4] * 300 + [0.0] * 100 + [NAN] * 2000
    for d in ([1.0] * 2400, [1.0] * 300 + [0.0] * 2100):
        assert [event.severity for event in _events(norms, d)] == ["warning"]


def test_a_player_that_is_updated_every_fifth_step_is_told_of_when_its_updates_are_nothing() -> None:
    lazily = [(7.4 if step < 1500 else 0.0) if step % 5 == 0 else NAN for step in range(4000)]
    assert _said(_events(lazily, [1.0] * 4000)) == [
        ("stalled", "warning", 1500, 1945),
        ("stalled", "critical", 1500, 2095),
    ]


def test_a_loop_that_updates_on_cleared_gradients_four_times_in_five_is_none() -> None:
    assert _events([7.4] * 300 + [7.4 if step % 5 == 0 else 0.0 for step in range(2000)]) == []
    assert _events([7.4 if step % 16 == 0 else 0.0 for step in range(4000)]) == []


def test_a_scaled_loss_whose_scale_is_halved_again_and_again_is_none() -> None:
    scales = [2.0**16 / 2 ** min(step // 50, 16) for step in range(2000)]
    assert _events(scales, [7.4 * scale for scale in scales]) == []


def test_skipped_steps_and_a_few_huge_norms_are_none() -> None:
    norms = [7.4] * 2000
    norms[::7] = [math.inf] * len(norms[::7])
    norms[1::11] = [1e30] * len(norms[1::11])
    assert _events(norms, norms) == []
    assert _events([7.4] * 300 + [math.inf] * 300 + [7.4] * 1000) == []


def test_a_critic_whose_gradients_rise_from_nothing_is_none() -> None:
    assert _events([1e-9 * 1.02 ** min(step, 1000) for step in range(2000)]) == []


def test_the_best_capture_is_the_same_with_and_without_it() -> None:
    table = pd.DataFrame({"occupancy": [10.0, 18.0, 18.0, 18.0, 19.0, 19.0]}, index=[0, 100, 300, 500, 700, 900])
    bands = {"occupancy": Band(20.0, 0.5)}
    events = _events([7.4] * 300 + [0.0] * 200 + [7.4] * 500)
    assert [event.kind for event in events] == ["stalled", "recovery"]
    assert best_capture(table, bands, events).step == best_capture(table, bands, []).step
    # Its recovery is not the recovery of a collapse.
    collapse = Event("collapse", "critical", 450, 400, "", {}, "")
    assert best_capture(table, bands, [collapse, *events]).step == best_capture(table, bands, [collapse]).step == 300


def _cross_entropy(probability: torch.Tensor, target: float) -> torch.Tensor:
    """Keras' own: flat where the probability is clipped."""
    p = probability.clamp(1e-7, 1 - 1e-7)
    return -(target * p.log() + (1 - target) * (1 - p).log()).mean()


def _train(folder: Path, *, certain_from: int, steps: int) -> tuple[bool, cp.Run]:
    """A small game whose discriminator turns certain at a step; whether the probe says stop."""
    torch.manual_seed(0)
    generator = nn.Linear(2, 2)
    discriminator = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())
    of_g, of_d = torch.optim.Adam(generator.parameters(), 1e-4), torch.optim.Adam(discriminator.parameters(), 1e-2)
    probe = cp.attach(generator, discriminator, run=folder, every=50, sample_size=16, stop_on=("stalled",))
    for step in range(steps):
        if step == certain_from:
            with torch.no_grad():
                discriminator[2].weight *= 1000
                discriminator[2].bias *= 1000
        real, latents = torch.randn(16, 2) * 0.1 + 5, torch.randn(16, 2)
        of_d.zero_grad()
        fake = discriminator(generator(latents).detach())
        (_cross_entropy(discriminator(real), 1.0) + _cross_entropy(fake, 0.0)).backward()
        of_d.step()
        of_g.zero_grad()
        _cross_entropy(discriminator(generator(latents)), 1.0).backward()
        of_g.step()
    probe.close()
    return probe.should_stop, cp.load(folder)


def test_a_loss_of_clipped_probabilities_and_a_certain_discriminator_are_told_of_and_stop(tmp_path: Path) -> None:
    stop, run = _train(tmp_path / "run", certain_from=110, steps=400)
    told = [event for event in run.event_list if event.kind == "stalled"]
    assert _said(told) == [("stalled", "warning", 110, 199), ("stalled", "critical", 110, 349)]
    assert stop
    assert "best generator" not in told[1].advice  # it is the one that the run stands still with
    assert run.verdict.reason.endswith("Training stood still from step 110 on.")
    assert [_said([event])[0] for event in cp.replay(run) if event.kind == "stalled"] == _said(told)
