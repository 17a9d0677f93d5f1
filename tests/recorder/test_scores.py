"""Edge and canonical losses against independent implementations."""

import numpy as np
import pytest
from scipy.special import log_expit, logit
from sklearn.metrics import roc_auc_score

from collapse_probe._recorder._scores import edge, looks_like_logits, softplus_mean, to_logits


@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_edge_is_twice_the_area_under_the_curve_less_one(offset: float) -> None:
    rng = np.random.default_rng(0)
    real, fake = rng.normal(0.5, 1, 300), rng.normal(0, 1, 200)
    truth = 2 * roc_auc_score(np.r_[np.ones(300), np.zeros(200)], np.r_[real, fake]) - 1
    assert edge(real + offset, fake + offset) == pytest.approx(truth, abs=1e-12)


def test_ties_count_one_half() -> None:
    assert edge(np.array([1.0, 1.0]), np.array([1.0, 0.0])) == pytest.approx(0.5)


def test_edge_is_undefined_without_scores_and_with_scores_that_are_no_numbers() -> None:
    assert np.isnan(edge(np.zeros(0), np.ones(3)))
    assert np.isnan(edge(np.array([np.nan, 1.0]), np.ones(3)))


def test_softplus_is_the_negative_log_of_the_sigmoid_at_any_size() -> None:
    logits = np.array([-800.0, -1.0, 0.0, 2.0, 800.0])
    assert softplus_mean(logits) == pytest.approx(-log_expit(-logits).mean())


def test_probabilities_become_logits_and_saturated_ones_stay_finite() -> None:
    scores = np.array([0.25, 0.5, 0.9])
    np.testing.assert_allclose(to_logits(scores, "probability", 1.0), logit(scores))
    assert np.isfinite(to_logits(np.array([0.0, 1.0]), "probability", 1.0)).all()


def test_cross_entropy_gradients_are_told_from_critics_and_least_squares() -> None:
    scores = np.random.default_rng(0).normal(0, 2, 64)
    sigmoid = 1 / (1 + np.exp(-scores))
    assert looks_like_logits(scores, (sigmoid - 1.0) / 64)
    assert looks_like_logits(scores, (sigmoid - 0.9) / 64)
    assert not looks_like_logits(scores, np.full(64, -1 / 64))
    assert not looks_like_logits(scores, (scores - 1.0) / 64)
