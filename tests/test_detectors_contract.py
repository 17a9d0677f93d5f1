"""What every detector in the folder must do, asked of whatever is there."""

import inspect
import math

import pytest

from collapse_probe import detectors
from collapse_probe._records import Observation

from .detectors.streams import BANDS, captures, game, rows

HEALTHY = captures([0.8, 0.9, 0.85] * 60) + game([0.4] * 500, [1.0] * 500)
HEALTHY += [Observation(step, {"grad_norm_g": 1.0, "grad_norm_d": 0.01 * (step % 3)}) for step in range(500)]
COLLAPSING = captures([0.9] * 5 + [0.1] * 50)
BROKEN = [Observation(step, {"not_finite": 1.0}) for step in range(50)]
WON = game([0.3] * 300 + [0.98] * 300, [0.9] * 300 + [4.0] * 300)
STUCK = captures([0.1] * 200, every=100)
HOPPING = rows([{f"mode_shares.{k}": float(k == step % 4) for k in range(4)} for step in range(50)], real=0.25)
NARROWED = rows([{"class_diversity.3": 1.0 if step < 10 else 0.1} for step in range(50)], real=1.0)
COPYING = rows([{"copied_share": 0.9}] * 20, real=0.0)
RESTING = [Observation(step, {"grad_norm_g": float(step < 200), "grad_norm_d": 1.0}) for step in range(500)]
STREAMS = (COLLAPSING, BROKEN, WON, STUCK, HOPPING, NARROWED, COPYING, RESTING)


def _events(name: str, observations: list[Observation]) -> list[object]:
    detector = detectors.get(name)()
    return [e for o in observations if (e := detector.update(o)) is not None]


@pytest.mark.parametrize("name", detectors.names())
def test_it_is_silent_on_a_healthy_stream(name: str) -> None:
    assert _events(name, HEALTHY) == []


@pytest.mark.parametrize("name", detectors.names())
def test_some_stream_makes_it_speak_and_the_same_stream_twice_gives_the_same_events(name: str) -> None:
    for stream in STREAMS:
        assert _events(name, stream) == _events(name, stream)
    assert any(_events(name, stream) for stream in STREAMS)


@pytest.mark.parametrize("name", detectors.names())
def test_values_that_are_missing_or_nan_are_no_news(name: str) -> None:
    assert _events(name, [Observation(step, {}) for step in range(500)]) == []
    undefined = dict.fromkeys(("occupancy", "edge", "canonical_loss_g", "grad_norm_g", "grad_norm_d"), math.nan)
    assert _events(name, [Observation(step, undefined, BANDS) for step in range(5000)]) == []


@pytest.mark.parametrize("name", detectors.names())
def test_it_says_what_it_watches_and_what_it_is(name: str) -> None:
    member = detectors.get(name)
    assert member.watches in ("steps", "statistics", "both")
    assert len(inspect.getdoc(member) or "") > 80


@pytest.mark.parametrize("name", detectors.names())
def test_an_onset_is_never_after_the_step_that_raised_it(name: str) -> None:
    for stream in STREAMS:
        detector = detectors.get(name)()
        for observation in stream:
            event = detector.update(observation)
            assert event is None or event.onset <= event.step == observation.step
