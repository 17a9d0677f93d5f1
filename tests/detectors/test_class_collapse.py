"""One class alone becomes alike."""

import math

from collapse_probe._records import Band, Event, Observation, subject
from collapse_probe.detectors._base import DetectorOptions
from collapse_probe.detectors._class_collapse import ClassCollapse

_BANDS = {f"class_diversity.{label}": Band(0.8, 0.05) for label in range(3)}


def _events(course: list[dict[int, float]], **options: float) -> list[Event]:
    """Captures by the shares of real diversity that some classes have; the others have all of it."""
    detector = ClassCollapse(DetectorOptions(**options))  # type: ignore[arg-type]
    raised = []
    for index, ratios in enumerate(course):
        row = {f"class_diversity.{label}": 0.8 * ratios.get(label, 1.0) for label in range(3)}
        event = detector.update(Observation(10 * index, row, _BANDS))
        raised += [] if event is None else [event]
    return raised


def test_the_third_low_median_of_five_warns_and_names_the_class_and_its_onset() -> None:
    (event,) = _events([{}] * 10 + [{1: 0.5}] * 20)
    # The median of five is low from the third low check on.
    assert (event.kind, event.severity, event.step, event.onset) == ("collapse", "warning", 140, 120)
    assert event.message.startswith("Collapse within class 1 since step 120")
    assert list(event.evidence) == ["class_diversity.1"] and subject(event) == "class"


def test_it_is_the_classs_own_best_that_counts() -> None:
    assert _events([{1: 0.7}] * 10 + [{1: 0.5}] * 20) == []
    assert len(_events([{1: 1.4}] * 10 + [{1: 0.8}] * 20)) == 1


def test_classes_that_collapse_at_once_are_one_event() -> None:
    (event,) = _events([{}] * 10 + [{0: 0.1, 2: 0.2}] * 20)
    assert "classes 0, 2" in event.message and set(event.evidence) == {"class_diversity.0", "class_diversity.2"}


def test_a_class_that_was_never_varied_is_no_collapse() -> None:
    assert _events([{1: 0.45}] * 20 + [{1: 0.1}] * 100) == []


def test_a_few_low_checks_are_noise_and_a_check_with_too_few_samples_is_no_news() -> None:
    assert _events(([{}] * 5 + [{1: 0.1}] * 2) * 5) == []
    (event,) = _events([{}] * 10 + [{1: 0.1}, {1: math.nan}] * 8)
    assert event.step == 100 + 20 * 4


def test_it_recovers_and_can_collapse_again() -> None:
    events = _events(([{}] * 10 + [{1: 0.1}] * 10) * 2)
    assert [e.kind for e in events] == ["collapse", "recovery", "collapse"]


def test_sensitivity_moves_the_threshold() -> None:
    assert _events([{}] * 10 + [{1: 0.7}] * 10) == []
    assert len(_events([{}] * 10 + [{1: 0.7}] * 10, sensitivity=1.15)) == 1


def test_one_good_median_is_no_recovery() -> None:
    events = _events([{}] * 10 + [{1: 0.1}] * 10 + [{}, {1: 0.1}] * 2 + [{}] + [{1: 0.1}] * 10)
    assert [e.kind for e in events] == ["collapse"]
