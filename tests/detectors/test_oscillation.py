"""Oscillation: each capture alike, and each one elsewhere."""

from collapse_probe._records import Band, Event, Observation
from collapse_probe.detectors._base import DetectorOptions
from collapse_probe.detectors._oscillation import Oscillation

_MODES = 8
_BANDS = {f"mode_shares.{k}": Band(1 / _MODES, 0.02) for k in range(_MODES)}


def _events(favourites: list[list[int]], **options: float) -> list[Event]:
    """Captures whose samples are spread evenly over the given modes."""
    detector = Oscillation(DetectorOptions(**options))  # type: ignore[arg-type]
    raised = []
    for index, modes in enumerate(favourites):
        row = {f"mode_shares.{k}": modes.count(k) / len(modes) for k in range(_MODES)}
        event = detector.update(Observation(10 * index, row, _BANDS))
        raised += [] if event is None else [event]
    return raised


def test_a_generator_that_hops_between_modes_warns_and_is_critical_if_it_goes_on() -> None:
    events = _events([[index % 4] for index in range(60)])
    assert [(e.kind, e.severity, e.step, e.onset) for e in events] == [
        ("oscillation", "warning", 180, 0),
        ("oscillation", "critical", 480, 0),
    ]
    assert events[0].evidence == {
        "modes_in_a_capture": 1.0,
        "modes_together": events[0].evidence["modes_together"],
        "hops": 9.0,
    }
    assert abs(events[0].evidence["modes_together"] - 3.95) < 0.05


def test_one_mode_for_good_is_a_collapse_and_no_oscillation() -> None:
    assert _events([[3]] * 100) == []


def test_all_modes_in_every_capture_is_health_whichever_is_the_favourite() -> None:
    assert _events([[*range(_MODES), index % _MODES] for index in range(100)]) == []


def test_a_young_generator_that_hops_for_a_while_is_passed_over() -> None:
    assert _events([[index % 4] for index in range(12)] + [list(range(_MODES))] * 30) == []


def test_one_that_finds_more_modes_at_a_time_while_it_hops_is_young() -> None:
    young = [[(index * width + k) % _MODES for k in range(width)] for width in (1, 2, 3, 4) for index in range(8)]
    assert _events(young + [list(range(_MODES))] * 20) == []


def test_a_favourite_that_stays_for_a_while_is_no_hopping() -> None:
    assert _events([[index // 3 % 4] for index in range(100)]) == []


def test_the_same_two_modes_over_and_over_are_no_hopping_whichever_has_more() -> None:
    assert _events([[0, 0, 1] if index % 2 else [0, 1, 1] for index in range(100)]) == []


def test_a_slow_walk_through_the_modes_is_no_hopping() -> None:
    assert _events([[index // 20 % _MODES] for index in range(200)]) == []


def test_it_recovers_when_a_capture_has_all_modes_again() -> None:
    events = _events([[index % 4] for index in range(25)] + [list(range(_MODES))] * 20)
    assert [e.kind for e in events] == ["oscillation", "recovery"]


def test_patience_and_sensitivity_are_heeded() -> None:
    assert [e.step for e in _events([[index % 4] for index in range(60)], patience=1)] == [180, 280]
    wide = [[(index + k) % _MODES for k in range(5)] for index in range(60)]
    assert _events(wide, sensitivity=0.5) == []


def test_silent_without_modes() -> None:
    assert Oscillation().update(Observation(0, {"occupancy": 1.0}, {})) is None
