"""Never fitted: it has not become varied long after it should have."""

from collapse_probe._records import Event
from collapse_probe.detectors._base import DetectorOptions
from collapse_probe.detectors._never_fitted import NeverFitted

from .streams import captures


def _events(ratios: list[float], *, every: int = 100, **options: float) -> list[Event]:
    detector = NeverFitted(DetectorOptions(**options))  # type: ignore[arg-type]
    return [e for o in captures(ratios, every=every) if (e := detector.update(o)) is not None]


def test_it_warns_after_2000_steps_and_40_checks_and_is_critical_at_twice_that() -> None:
    events = _events([0.1] * 200)
    assert [(e.kind, e.severity, e.step, e.onset) for e in events] == [
        ("never_fitted", "warning", 3900, 0),
        ("never_fitted", "critical", 7900, 0),
    ]


def test_both_the_steps_and_the_checks_are_needed() -> None:
    assert _events([0.1] * 199, every=10) == []
    assert _events([0.1] * 39, every=1000) == []


def test_a_run_that_was_varied_once_is_never_called_so() -> None:
    assert _events([0.1] * 10 + [0.5] * 3 + [0.1] * 300) == []


def test_sensitivity_shortens_the_wait() -> None:
    assert _events([0.1] * 200, sensitivity=2.0)[0].step == 1900
