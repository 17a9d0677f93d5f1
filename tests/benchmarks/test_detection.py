"""The benchmark of detection in small: its baselines, what it feeds the detectors, its page and its command."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import collapse_probe as cp
from collapse_probe._monitor import Monitor
from collapse_probe.detectors import AbstractDetector, DetectorOptions, get
from tests.benchmarks.detection_runs import observed, step

WELL, LOST = [8.0], [1.0]
HEALTHY, COLLAPSED, TRANSIENT = WELL * 60, WELL * 30 + LOST * 30, WELL * 25 + [3.5] * 4 + WELL * 31


def made_up(detection: SimpleNamespace, modes: list[float], **fields: Any) -> Any:
    return observed(detection.observed.Observed, modes, **fields)


def losses(detection: SimpleNamespace, *, length: int = 1500, **columns: np.ndarray) -> Any:
    """A run with these losses; the others lie still about 1, with a little noise."""
    run = made_up(detection, WELL * (length // 25))
    return detection.observed.Observed(**(vars(run) | {"steps": run.steps.assign(**columns)}))


def test_a_run_comes_back_from_its_file(detection: SimpleNamespace, tmp_path: Path) -> None:
    runs = [made_up(detection, HEALTHY), made_up(detection, COLLAPSED, seed=7, fault="classes_vanish", fault_from=760)]
    runs[1].steps.loc[3, "loss_d"] = np.nan
    detection.observed.save(tmp_path / "made-up.npz", runs)
    for before, after in zip(runs, detection.observed.load(tmp_path / "made-up.npz"), strict=True):
        assert (after.name, after.fault, after.fault_from) == (before.name, before.fault, before.fault_from)
        assert after.bands == before.bands
        for part, bits in (("steps", 5), ("statistics", 12), ("truth", 12)):
            kept, given = getattr(after, part), getattr(before, part)
            assert kept.index.equals(given.index.astype(kept.index.dtype)) and list(kept) == list(given)
            np.testing.assert_allclose(kept, given, rtol=2.0 ** -(bits + 1))


def test_a_loss_near_zero_stops_after_fifty_steps_and_never_in_the_first_tenth(detection: SimpleNamespace) -> None:
    flat = np.ones(1500)
    flat[400:449] = flat[600:650] = flat[:140] = 0.01
    assert detection.baselines.near_zero(losses(detection, loss_d=flat)) == 649
    flat[600] = -0.06
    assert detection.baselines.near_zero(losses(detection, loss_d=flat)) is None


def test_a_spike_is_six_deviations_from_the_two_hundred_steps_before(detection: SimpleNamespace) -> None:
    wave = np.tile([-1.0, 1.0], 750)
    wave[700] = 6.0  # the sample deviation of 200 alternating ones is 1.0025
    assert detection.baselines.spike(losses(detection, loss_d=wave, loss_g=wave)) is None
    wave[1200] = 6.03
    assert detection.baselines.spike(losses(detection, loss_d=wave, loss_g=wave)) == 1200


def test_a_loss_that_lies_still_has_no_variance_over_five_hundred_steps(detection: SimpleNamespace) -> None:
    still = np.tile([0.0, 1.0], 750)
    still[800:] = 0.5
    wave = np.tile([0.0, 1.0], 750)
    # One value of the wave among 499 others has a variance of 0.25 / 500, under a thousandth; two have not.
    assert detection.baselines.still(losses(detection, loss_d=wave, loss_g=still)) == 1298
    assert detection.baselines.still(losses(detection, loss_d=wave, loss_g=wave)) is None


@pytest.mark.parametrize("rule", ["adwin", "page_hinkley"])
def test_detectors_off_the_shelf_see_a_leap_of_the_loss_and_nothing_in_noise(
    detection: SimpleNamespace, rule: str
) -> None:
    rng = np.random.default_rng(0)
    calm, leap = rng.normal(1, 0.1, 1500), rng.normal(1, 0.1, 1500)
    leap[700:] += 2
    calm[10] = leap[10] = np.nan
    alarm = getattr(detection.baselines, rule)
    assert alarm(losses(detection, loss_d=calm, loss_g=calm)) is None
    assert 700 < alarm(losses(detection, loss_d=calm, loss_g=leap)) < 900


def test_occupancy_alone_stops_at_the_second_low_check_once_armed(detection: SimpleNamespace) -> None:
    alone, drop = detection.baselines.occupancy, detection.baselines.batch_diversity
    guarded = detection.baselines.BASELINES["occupancy with the matched guard"]
    run = made_up(detection, COLLAPSED)
    assert alone(run) == guarded(run) == drop(run) == step(31)
    pale = run.statistics.assign(matched_occupancy=40 * 0.7)
    pale = detection.observed.Observed(**(vars(run) | {"statistics": pale}))
    assert (alone(pale), guarded(pale)) == (step(31), None)
    assert alone(made_up(detection, LOST * 60)) is None
    assert alone(made_up(detection, WELL * 2 + LOST * 2 + WELL * 56)) is None


def live(folder: Path) -> tuple[cp.Run, int | None]:
    """A run fed by hand that collapses, and the step after which it was to stop."""
    ring, generator = cp.toy.ring(8), torch.Generator().manual_seed(0)
    stop = None
    with cp.Probe(run=folder, real=ring.sample(1024, generator=generator), sample_size=128, total_steps=30) as probe:
        for index in range(30):
            fake = ring.sample(128, generator=generator)
            if index >= 15:
                fake = ring.centers[0] + 0.01 * torch.randn(128, 2, generator=generator)
            d_fake = torch.randn(32, generator=generator) - (3 if index >= 20 else 0)
            probe.step(loss_d=1.0, loss_g=1.0, d_real=torch.randn(32, generator=generator), d_fake=d_fake, fake=fake)
            stop = index if stop is None and probe.should_stop else stop
    return cp.load(folder), stop


def test_detectors_see_what_they_would_have_seen_live(detection: SimpleNamespace, tmp_path: Path) -> None:
    run, stop = live(tmp_path / "run")
    steps = run.decisive_steps.reindex(columns=list(detection.observed.STEP_COLUMNS))
    fields = {"steps": steps, "statistics": run.statistics, "bands": run.bands, "length": 30}
    outcome = detection.outcomes.watched(made_up(detection, HEALTHY, **fields))
    assert list(outcome.events) == cp.replay(run) == run.event_list
    assert outcome.stop == stop is not None
    assert outcome.verdict == run.verdict.kind == "collapsed"


def detectors(sensitivity: float) -> list[AbstractDetector]:
    return [get("collapse")(DetectorOptions(sensitivity=sensitivity, patience=2))]


def stored(detection: SimpleNamespace, folder: Path) -> None:
    """Three programs of two runs each; the losses of one are no numbers at the end."""
    bad = {"not_finite": np.repeat([0.0, 1.0], [1400, 100]), "setting": "weights_explode", "seed": 1}
    for program, last in (
        ("first", made_up(detection, TRANSIENT, program="first", setting="brief", seed=1)),
        ("second", made_up(detection, COLLAPSED, program="second", setting="classes_vanish", seed=1)),
        ("third", made_up(detection, HEALTHY, program="third", **bad)),
    ):
        runs = [made_up(detection, COLLAPSED if program == "first" else HEALTHY, program=program), last]
        detection.observed.save(folder / f"{program}.npz", runs)


def test_the_command_scores_what_is_stored_and_writes_its_page(
    detection: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored(detection, tmp_path)
    output = tmp_path / "page.md"
    detection.command.main(["--observations", str(tmp_path), "--output", str(output), "--processes", "1"])
    text = output.read_text("utf-8")
    assert "third: 2 runs scored" in capsys.readouterr().out
    assert "| settled collapses stopped | 100 % (2 of 2) |" in text
    assert "| runs that would soon have recovered, stopped | 0.000 % (0 of 1) |" in text
    assert "| programs | 3.00 | – | ≥ 12 | **no** |" in text
    assert "| second | 1 healthy, 1 collapsed | 1/1 | 1/1 |" in text
    assert "| diverged runs stopped | 1/1: 100 % (" in text
    assert all(f"\n| {name} | " in text for name in detection.baselines.BASELINES)
    assert "| truth | diverged | collapsed |" in text and "\n| collapsed |  | 2 |" in text
    assert text.startswith("# How early and how rarely wrong are the detectors?\n\n```sh\npython benchmarks/")


def test_files_are_shared_out_to_processes_and_come_back_in_order(detection: SimpleNamespace) -> None:
    paths = [Path(name) for name in "cab"]
    assert list(detection.judged.over(paths, os.fspath, processes=2)) == ["c", "a", "b"]


def test_without_observations_the_command_says_how_to_make_them(detection: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--build"):
        detection.command.main(["--observations", str(tmp_path)])


def test_a_program_has_no_say_in_the_setting_that_it_is_judged_by(detection: SimpleNamespace, tmp_path: Path) -> None:
    """Only "second" needs a sensitive detector: left out, it is judged by the first that is good elsewhere."""
    narrow = WELL * 30 + [3.9] * 30
    runs = {
        "first": [made_up(detection, COLLAPSED), made_up(detection, WELL * 60)],
        "second": [made_up(detection, narrow), made_up(detection, narrow, seed=1)],
        "third": [made_up(detection, COLLAPSED), made_up(detection, COLLAPSED, seed=1)],
    }
    for program, of_program in runs.items():
        detection.observed.save(tmp_path / f"{program}.npz", of_program)
    found = detection.crossvalidate.crossvalidate(tmp_path, [0.5, 2.0], make=detectors, processes=1)
    assert found.chosen == {"first": 2.0, "second": 0.5, "third": 2.0}
    assert "| 2.0 | 2 of 3 |" in found.table()
    assert len(found.runs) == 6 and found.score.stopped.of == 5


def test_more_patience_saves_less_and_stops_fewer(detection: SimpleNamespace, tmp_path: Path) -> None:
    shallow, brief = WELL * 30 + [3.0] * 30, WELL * 30 + [3.0] * 5 + WELL * 25
    detection.observed.save(tmp_path / "one.npz", [made_up(detection, shallow), made_up(detection, brief, seed=1)])
    found = {options.patience: scores for options, scores in detection.knobs.turned(tmp_path, 1)[:5]}
    assert list(found) == [3, 1, 2, 5, 8]
    assert found[1].savings[0] > found[3].savings[0] > found[8].savings[0] > 0
    assert found[1].false_stops.hits + found[1].premature.hits == 1
    assert found[8].false_stops.hits + found[8].premature.hits == 0
    text = detection.knobs.table(detection.knobs.turned(tmp_path, 1))
    assert "| 3 | 1 | 1/1 |" in text and "| 3 | 1.3 | 1/1 |" in text


def test_a_monitor_watches_with_the_detectors_that_it_is_given() -> None:
    monitor = Monitor(make=lambda: [get("divergence")()])
    for index in range(5):
        monitor.observe_step(index, {"not_finite": 1.0})
    assert [event.kind for event in monitor.events] == ["divergence"] * 2
