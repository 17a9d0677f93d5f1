"""Never fitted: it has not become varied, and does not get there."""

import numpy as np

from collapse_probe._records import Event, subject
from collapse_probe.detectors._base import DetectorOptions
from collapse_probe.detectors._never_fitted import NeverFitted

from .streams import captures


def _events(ratios: list[float], *, every: int = 100, **options: float) -> list[Event]:
    detector = NeverFitted(DetectorOptions(**options))  # type: ignore[arg-type]
    return [e for o in captures(ratios, every=every) if (e := detector.update(o)) is not None]


def test_standing_still_warns_after_25_checks_and_2000_steps_and_is_critical_25_checks_later() -> None:
    events = _events([0.1] * 200)
    assert [(e.kind, e.severity, e.step, e.onset) for e in events] == [
        ("never_fitted", "warning", 2400, 0),
        ("never_fitted", "critical", 4900, 0),
    ]
    assert events[0].evidence["growth"] == 1.0


def test_both_the_steps_and_the_checks_are_needed() -> None:
    assert _events([0.1] * 199, every=10) == []
    assert _events([0.1] * 24, every=1000) == []


def test_a_slow_start_that_rises_is_waited_for() -> None:
    assert _events(np.geomspace(0.02, 0.39, 200).tolist()) == []
    assert _events(np.geomspace(0.02, 0.39, 40).tolist() + [0.6] * 100) == []


def test_a_run_that_fits_after_all_recovers_once_and_for_good() -> None:
    late = [0.1] * 60 + [0.45, 0.5, 0.2, 0.45, 0.5, 0.6] + [0.1] * 300
    told = [(e.kind, e.severity, e.step, e.onset) for e in _events(late)]
    assert told[1:] == [("never_fitted", "critical", 4900, 0), ("recovery", "warning", 6500, 6500)]
    warned = [0.1] * 30 + [0.5] * 30
    assert [e.kind for e in _events(warned)] == ["never_fitted", "recovery"]


def test_its_recovery_ends_it_and_no_collapse() -> None:
    events = _events([0.1] * 60 + [0.6] * 3)
    assert {subject(event) for event in events} == {"start"}
    assert events[-1].evidence == {"diversity": 0.6, "unvaried_steps": 6201.0}


def test_a_run_that_was_varied_once_is_never_called_so() -> None:
    assert _events([0.1] * 10 + [0.5] * 3 + [0.1] * 300) == []


def test_sensitivity_shortens_the_wait() -> None:
    assert _events([0.1] * 200, every=250, sensitivity=1.25)[0].step == 250 * 19


def test_a_known_length_shortens_the_wait() -> None:
    assert _events([0.1] * 200, every=20, total_steps=1600)[0].step == 480


def test_half_way_it_warns_of_a_start_that_is_too_slow_and_of_no_other() -> None:
    rising = np.geomspace(0.005, 0.1, 200).tolist()
    assert [(e.severity, e.step) for e in _events(rising, every=20, total_steps=4000)] == [("warning", 2000)]
    assert _events(np.geomspace(0.01, 0.5, 200).tolist(), every=20, total_steps=4000) == []
