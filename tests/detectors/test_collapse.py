"""Collapse: low after having been high, and lasting."""

from collapse_probe._records import Band, Event, Observation
from collapse_probe.detectors._base import DetectorOptions
from collapse_probe.detectors._collapse import Collapse

from .streams import captures


def _events(ratios: list[float], *, guard: float = 0.1, **options: float) -> list[Event]:
    detector = Collapse(DetectorOptions(**options))  # type: ignore[arg-type]
    return [e for o in captures(ratios, guard=guard) if (e := detector.update(o)) is not None]


def test_a_warning_comes_at_the_second_low_check_and_it_is_critical_five_later() -> None:
    events = _events([0.9] * 5 + [0.4] * 10)
    assert [(e.kind, e.severity, e.step, e.onset) for e in events] == [
        ("collapse", "warning", 60, 50),
        ("collapse", "critical", 110, 50),
    ]


def test_deep_checks_count_double() -> None:
    assert [(e.severity, e.step, e.onset) for e in _events([0.9] * 5 + [0.1] * 10)] == [
        ("warning", 60, 50),
        ("critical", 80, 50),
    ]
    assert [e.step for e in _events([0.9] * 5 + [0.4, 0.4, 0.1, 0.4, 0.4, 0.4])] == [60, 100]


def test_a_check_is_deep_under_a_quarter_of_the_best() -> None:
    assert [e.step for e in _events([1.0] * 5 + [0.24] * 10)] == [60, 80]
    assert [e.step for e in _events([1.0] * 5 + [0.3] * 10)] == [60, 110]


def test_a_way_back_is_a_fifth_more_than_the_lowest() -> None:
    assert [e.severity for e in _events([1.0] * 5 + [0.3] * 3 + [0.38] * 6)] == ["warning"]
    assert [e.severity for e in _events([1.0] * 5 + [0.3] * 3 + [0.35] * 6)] == ["warning", "critical"]


def test_a_collapse_on_its_way_back_waits() -> None:
    back = [0.19, 0.19, 0.19, 0.36, 0.44, 0.5, 0.54, 0.9, 0.9, 0.9]
    events = _events([1.0] * 5 + back, patience=5)
    assert [(e.kind, e.severity) for e in events] == [("collapse", "warning"), ("recovery", "warning")]
    assert _events([1.0] * 5 + [0.19, 0.19, 0.19] + [0.22] * 7, patience=5)[-1].severity == "critical"


def test_low_diversity_before_it_was_ever_high_is_no_collapse() -> None:
    assert _events([0.1] * 100) == []
    assert _events([0.1, 0.5, 0.5, 0.1, 0.5, 0.1] * 10) == []


def test_one_low_check_is_noise() -> None:
    assert _events(([0.9] * 5 + [0.1]) * 10) == []


def test_pale_but_varied_samples_are_no_collapse() -> None:
    assert all("Narrowing" in e.message for e in _events([0.9] * 5 + [0.2] * 20, guard=0.95))
    assert _events([0.9] * 5 + [0.2] * 20, guard=0.5)[-1].severity == "critical"


def test_a_guard_that_is_undefined_has_no_say() -> None:
    assert _events([0.9] * 5 + [0.1] * 10, guard=float("nan"))[-1].severity == "critical"


def test_the_onset_is_where_it_last_fell_below_half_of_its_best() -> None:
    fading = [1.0] * 5 + [0.8, 0.6, 0.49, 0.45, 0.42, 0.35, 0.3, 0.2, 0.1, 0.1]
    assert _events(fading)[-1].onset == 70
    dipping = [1.0] * 5 + [0.3, 1.0, 1.0, 1.0, 0.1, 0.1, 0.1]
    assert _events(dipping)[-1].onset == 90


def test_a_lasting_fall_that_stays_above_the_threshold_is_called_narrowing_once() -> None:
    events = _events([1.0] * 5 + [0.55] * 60)
    assert [(e.severity, e.step) for e in events] == [("warning", 70)]
    assert events[0].message.startswith("Narrowing")


def _with_modes(ratios: list[float], modes: list[float]) -> list[Event]:
    detector, bands = Collapse(), {"occupancy": Band(20.0, 0.5), "effective_modes": Band(10.0, 0.2)}
    rows = [
        Observation(10 * i, {"occupancy": 20 * ratio, "effective_modes": 10 * share}, bands)
        for i, (ratio, share) in enumerate(zip(ratios, modes, strict=True))
    ]
    return [e for row in rows if (e := detector.update(row)) is not None]


def test_a_slight_loss_is_narrowing_where_cells_and_modes_agree_on_it() -> None:
    little, whole = [1.0] * 5 + [0.85] * 10, [1.0] * 15
    assert [(e.severity, e.step) for e in _with_modes(little, little)] == [("warning", 70)]
    assert _with_modes(little, whole) == [] == _with_modes(whole, little)


def test_modes_are_compared_with_the_most_that_the_run_itself_had() -> None:
    little = [1.0] * 5 + [0.85] * 10
    assert _with_modes(little, [0.7] * 5 + [0.65] * 10) == []
    assert len(_with_modes(little, [0.7] * 5 + [0.6] * 10)) == 1


def test_a_slight_narrowing_is_over_when_the_modes_are_back() -> None:
    little, back = [1.0] * 5 + [0.85] * 10, [1.0] * 5 + [0.85] * 5 + [1.0] * 5
    assert [(e.kind, e.step) for e in _with_modes(little, back)] == [("collapse", 70), ("recovery", 120)]


def test_half_of_the_best_gone_for_most_of_a_long_while_is_a_collapse_too() -> None:
    events = _events([1.0] * 5 + [0.45, 0.42, 0.38, 0.45, 0.57] * 10)
    assert [(e.severity, e.onset) for e in events] == [("warning", 50), ("critical", 50)]
    assert 210 <= events[1].step <= 290


def test_it_recovers_and_can_collapse_again() -> None:
    events = _events([0.9] * 5 + [0.1] * 5 + [0.9] * 5 + [0.1] * 5)
    assert [e.kind for e in events] == ["collapse", "collapse", "recovery", "collapse", "collapse"]
    assert [e.step for e in events] == [60, 80, 120, 160, 180]


def test_sensitivity_moves_the_threshold_and_patience_the_critical_check() -> None:
    assert _events([1.0] * 5 + [0.5] * 10, sensitivity=1.5)[-1].severity == "critical"
    assert _events([1.0] * 5 + [0.3] * 10, sensitivity=0.5)[-1].message.startswith("Narrowing")
    assert _events([0.9] * 5 + [0.4] * 10, patience=6)[-1].step == 140


def test_healthy_scatter_is_silent() -> None:
    assert _events([0.7, 0.9, 0.75, 0.95, 0.85, 0.65, 0.9, 0.8] * 50) == []


def test_the_evidence_has_the_distance_from_real_data_in_their_own_standard_deviations() -> None:
    evidence = _events([0.9] * 5 + [0.1] * 10)[0].evidence
    # Real data score 20 on average with a standard deviation of 0.5 in these streams.
    assert evidence["diversity_z"] == (0.1 * 20 - 20) / 0.5


def test_evidence_holds_numbers_alone_where_real_data_have_no_spread() -> None:
    detector = Collapse()
    rows = [Observation(i, {"occupancy": 20.0 if i < 5 else 2.0}, {"occupancy": Band(20.0, 0.0)}) for i in range(10)]
    raised = [event for row in rows if (event := detector.update(row)) is not None]
    assert len(raised) == 2 and all("diversity_z" not in event.evidence for event in raised)
