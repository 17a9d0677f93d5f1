"""The rules that tell real, fake and penalty calls apart, on gradients written by hand."""

from typing import Any

import numpy as np
import torch

from collapse_probe._recorder import Call
from collapse_probe._recorder._tagging import Tagger, real_rows

TOWARDS_REAL = 0.0
"""Share of positive rows in a gradient that points towards real, once `_taught`."""
AWAY = 1.0
NO_SIGN = float("nan")


def _taught() -> Tagger:
    tagger = Tagger()
    tagger.learn(TOWARDS_REAL)
    return tagger


def _calls(*shares: float, **seen: Any) -> list[Call]:
    return [Call(torch.zeros(4), 0, share_positive=share, **({"reached": "plain"} | seen)) for share in shares]


def _penalty(share: float, **seen: Any) -> Call:
    (call,) = _calls(share, wants_input_gradient=True, graph_first=True, **seen)
    return call


def test_real_is_pushed_where_the_generator_wants_to_go_and_fake_away() -> None:
    assert _taught().tag_phase(_calls(TOWARDS_REAL, AWAY)) == ["real", "fake"]


def test_the_direction_of_real_is_learned_and_not_assumed() -> None:
    tagger = Tagger()
    assert tagger.orientation == 0
    tagger.learn(NO_SIGN)
    assert tagger.orientation == 0
    tagger.learn(1.0)
    assert tagger.orientation == -1
    assert tagger.tag_phase(_calls(1.0, 0.0)) == ["real", "fake"]


def test_a_few_flipped_labels_do_not_change_a_calls_tag() -> None:
    assert _taught().tag_phase(_calls(0.1, 0.9)) == ["real", "fake"]


def test_one_call_on_both_halves_is_split_by_row() -> None:
    assert _taught().tag_phase(_calls(0.5)) == ["mixed"]
    assert real_rows("mixed", np.array([0.1, 0.1, -0.1, -0.1]), -1.0).tolist() == [False, False, True, True]
    assert real_rows("real", np.zeros(2), -1.0).tolist() == [True, True]


def test_a_gradient_that_came_with_create_graph_alone_is_a_penalty() -> None:
    calls = [*_calls(TOWARDS_REAL, AWAY), *_calls(AWAY, reached="graph")]
    assert _taught().tag_phase(calls) == ["real", "fake", "penalty"]


def test_where_every_loss_uses_create_graph_they_are_ordinary_losses() -> None:
    assert _taught().tag_phase(_calls(TOWARDS_REAL, AWAY, reached="graph")) == ["real", "fake"]


def test_a_penalty_that_steps_alone_is_no_ordinary_loss() -> None:
    assert _taught().tag_phase([_penalty(AWAY, reached="graph")]) == ["penalty"]
    assert _taught().tag_phase([_penalty(NO_SIGN)]) == ["penalty"]


def test_a_slope_that_reaches_the_scores_twice_is_a_penalty_where_real_and_fake_are_known() -> None:
    # A discriminator that ends in a sigmoid takes part in the penalty's own backward pass.
    assert _taught().tag_phase([*_calls(TOWARDS_REAL, AWAY), _penalty(AWAY)]) == ["real", "fake", "penalty"]


def test_samples_whose_slope_is_taken_before_their_loss_are_what_they_are() -> None:
    assert _taught().tag_phase([_penalty(TOWARDS_REAL), _penalty(AWAY)]) == ["real", "fake"]
    assert _taught().tag_phase([_penalty(TOWARDS_REAL), *_calls(AWAY)]) == ["real", "fake"]


def test_a_saturated_discriminator_keeps_the_order_of_its_calls() -> None:
    tagger = _taught()
    tagger.tag_phase(_calls(AWAY, TOWARDS_REAL))
    assert tagger.tag_phase(_calls(NO_SIGN, NO_SIGN)) == ["fake", "real"]


def test_a_call_without_any_gradient_stays_unknown() -> None:
    assert _taught().tag_phase(_calls(TOWARDS_REAL, reached=None)) == ["unknown"]


def test_labels_that_are_flipped_now_and_then_do_not_make_real_samples_fake() -> None:
    tagger = _taught()
    for _ in range(12):
        tagger.tag_phase(_calls(TOWARDS_REAL, AWAY))
    assert tagger.tag_phase(_calls(AWAY, TOWARDS_REAL)) == ["real", "fake"]
    assert tagger.tag_phase(_calls(0.5, 0.6)) == ["real", "fake"]


def test_a_loop_that_changes_its_order_for_good_is_followed_after_four_updates() -> None:
    tagger = _taught()
    for _ in range(100):
        tagger.tag_phase(_calls(TOWARDS_REAL, AWAY))
    changed = [tagger.tag_phase(_calls(AWAY, TOWARDS_REAL)) for _ in range(30)]
    assert changed == [["real", "fake"]] * 3 + [["fake", "real"]] * 27


def test_calls_in_random_order_form_no_habit() -> None:
    tagger, order = _taught(), np.random.default_rng(0).integers(2, size=200)
    for swapped in order:
        shares = (AWAY, TOWARDS_REAL) if swapped else (TOWARDS_REAL, AWAY)
        assert tagger.tag_phase(_calls(*shares)) == (["fake", "real"] if swapped else ["real", "fake"])
