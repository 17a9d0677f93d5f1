"""The rules that tell real, fake and penalty calls apart, on gradients written by hand."""

import numpy as np

from collapse_probe._recorder._tagging import Call, Tagger

TOWARDS = -0.1
AWAY = 0.1


def _taught() -> Tagger:
    tagger = Tagger()
    tagger.learn(np.full(4, TOWARDS))
    return tagger


def _calls(*gradients: list[float], **seen: bool) -> tuple[list[Call], np.ndarray]:
    rows = np.array([g for call in gradients for g in call])
    stops = np.cumsum([len(call) for call in gradients])
    flags = {"plain_gradient": True} | seen
    return [Call(int(b) - len(c), int(b), **flags) for b, c in zip(stops, gradients, strict=True)], rows


def test_real_is_pushed_where_the_generator_wants_to_go_and_fake_away() -> None:
    calls, rows = _calls([TOWARDS] * 4, [AWAY] * 4)
    assert [t.tag for t in _taught().tag_phase(calls, rows)] == ["real", "fake"]


def test_the_direction_of_real_is_learned_and_not_assumed() -> None:
    tagger = Tagger()
    assert tagger.orientation == 0
    tagger.learn(np.full(4, 0.1))
    assert tagger.orientation == -1
    calls, rows = _calls([0.1] * 4, [-0.1] * 4)
    assert [t.tag for t in tagger.tag_phase(calls, rows)] == ["real", "fake"]


def test_a_few_flipped_labels_do_not_change_a_calls_tag() -> None:
    calls, rows = _calls([TOWARDS] * 9 + [AWAY], [AWAY] * 9 + [TOWARDS])
    assert [t.tag for t in _taught().tag_phase(calls, rows)] == ["real", "fake"]


def test_one_call_on_both_halves_is_split_by_row() -> None:
    calls, rows = _calls([AWAY, AWAY, TOWARDS, TOWARDS])
    (tagged,) = _taught().tag_phase(calls, rows)
    assert tagged.tag == "mixed"
    assert tagged.real_rows.tolist() == [False, False, True, True]


def test_a_gradient_that_came_with_create_graph_alone_is_a_penalty() -> None:
    calls, rows = _calls([TOWARDS] * 4, [AWAY] * 4, [0.3] * 4)
    calls[2].plain_gradient, calls[2].graph_gradient = False, True
    assert [t.tag for t in _taught().tag_phase(calls, rows)] == ["real", "fake", "penalty"]


def test_where_every_loss_uses_create_graph_they_are_ordinary_losses() -> None:
    calls, rows = _calls([TOWARDS] * 4, [AWAY] * 4, plain_gradient=False, graph_gradient=True)
    assert [t.tag for t in _taught().tag_phase(calls, rows)] == ["real", "fake"]


def test_a_saturated_discriminator_keeps_the_order_of_its_calls() -> None:
    tagger = _taught()
    tagger.tag_phase(*_calls([AWAY] * 4, [TOWARDS] * 4))
    assert [t.tag for t in tagger.tag_phase(*_calls([0.0] * 4, [0.0] * 4))] == ["fake", "real"]


def test_a_call_without_any_gradient_stays_unknown() -> None:
    calls, rows = _calls([TOWARDS] * 4, plain_gradient=False)
    assert [t.tag for t in _taught().tag_phase(calls, rows)] == ["unknown"]
