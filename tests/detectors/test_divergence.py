"""Divergence: values that are not finite, step after step."""

from collapse_probe._records import Band, Observation
from collapse_probe.detectors._base import DetectorOptions
from collapse_probe.detectors._divergence import Divergence


def _course(counts: list[float], patience: int = 3) -> list[tuple[str, int, int]]:
    detector = Divergence(DetectorOptions(patience=patience))
    observations = [
        Observation(step, {"not_finite": float(count)} if count else {}) for step, count in enumerate(counts)
    ]
    return [(e.severity, e.onset, e.step) for o in observations if (e := detector.update(o)) is not None]


def test_the_first_bad_step_warns_and_the_third_in_a_row_is_critical() -> None:
    assert _course([0, 0, 1, 2, 1, 1, 1]) == [("warning", 2, 2), ("critical", 2, 4)]


def test_a_single_bad_step_is_not_critical() -> None:
    assert _course([0, 1, 0, 0, 1, 1, 0]) == [("warning", 1, 1)]


def test_bad_steps_that_come_and_go_warn_once_and_again_only_after_50_good_ones() -> None:
    assert _course([0, 1] * 500) == [("warning", 1, 1)]
    assert _course([1] + [0] * 50 + [1]) == [("warning", 0, 0), ("warning", 51, 51)]


def test_generated_samples_that_are_nan_are_a_divergence_too() -> None:
    detector = Divergence(DetectorOptions())
    rows = [Observation(step, {"not_finite": 64.0}, {"occupancy": Band(1.0, 0.1)}) for step in range(0, 50, 10)]
    events = [e for row in rows if (e := detector.update(row)) is not None]
    assert [(e.severity, e.onset, e.step) for e in events] == [("warning", 0, 0), ("critical", 0, 20)]
    assert "generated samples" in events[0].message


def test_patience_waits_longer() -> None:
    assert _course([1] * 10, patience=5) == [("warning", 0, 0), ("critical", 0, 4)]


def test_finite_steps_are_silent() -> None:
    assert _course([0] * 100) == []
