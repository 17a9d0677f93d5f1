"""Memorisation: copies of real data, for a while."""

from collections.abc import Sequence

from collapse_probe._records import Band, Event, Observation, subject
from collapse_probe.detectors._base import DetectorOptions
from collapse_probe.detectors._memorisation import Memorisation

_REAL = Band(0.01, 0.005)


def _events(shares: Sequence[float], real: Band = _REAL, **options: float) -> list[Event]:
    detector = Memorisation(DetectorOptions(**options))  # type: ignore[arg-type]
    rows = [Observation(10 * i, {"copied_share": share}, {"copied_share": real}) for i, share in enumerate(shares)]
    return [event for row in rows if (event := detector.update(row)) is not None]


def test_the_fifth_check_of_copies_warns_once_and_with_its_onset() -> None:
    (event,) = _events([0.0] * 10 + [0.4] * 50)
    assert (event.kind, event.severity, event.step, event.onset) == ("memorisation", "warning", 140, 100)
    assert subject(event) == "copies"


def test_four_checks_are_not_enough_and_few_copies_are_none() -> None:
    assert _events(([0.0] * 3 + [0.4] * 4) * 10) == []
    assert _events([0.2] * 100) == []


def test_data_that_repeat_themselves_are_no_reason() -> None:
    assert _events([0.4] * 100, real=Band(0.35, 0.03)) == []


def test_it_recovers_and_can_begin_again() -> None:
    assert [e.kind for e in _events(([0.4] * 10 + [0.0] * 10) * 2)] == ["memorisation", "recovery"] * 2


def test_sensitivity_moves_the_threshold() -> None:
    assert _events([0.2] * 20, sensitivity=1.5) != []
    assert _events([0.3] * 20, sensitivity=0.5) == []
