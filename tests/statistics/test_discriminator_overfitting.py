import math

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from collapse_probe import statistics
from collapse_probe.errors import InvalidArgument
from collapse_probe.statistics._discriminator_overfitting import chance_sd

overfitting = statistics.discriminator_overfitting


@pytest.mark.parametrize(
    ("training", "held_out", "expected"),
    [
        ([3, 4], [1, 2], 1),
        ([1, 2], [3, 4], -1),
        ([5, 5, 5], [5, 5], 0),
        ([1, 3], [2], 0),
        ([2, 2, 2, 3], [2], 1 / 4),
        ([0, 1], [0, 1], 0),
        ([1, 1], [0, 1], 1 / 2),
    ],
)
def test_pairs_are_counted_and_ties_by_half(training: list[float], held_out: list[float], expected: float) -> None:
    assert overfitting(d_training=training, d_held_out=held_out) == pytest.approx(expected, abs=1e-15)


def test_it_is_the_mann_whitney_statistic() -> None:
    random = np.random.default_rng(0)
    for n, m in ((1, 1), (7, 3), (100, 44)):
        training, held_out = random.integers(0, 6, n), random.integers(0, 5, m)
        expected = 2 * mannwhitneyu(training, held_out).statistic / (n * m) - 1
        assert overfitting(d_training=training, d_held_out=held_out) == pytest.approx(expected, abs=1e-12)


def test_any_rising_scale_of_scores_gives_the_same() -> None:
    random = np.random.default_rng(1)
    training, held_out = random.normal(0.5, 1, 60), random.normal(0, 1, 30)
    as_logits = overfitting(d_training=training, d_held_out=held_out)
    for scale in (lambda s: 1 / (1 + np.exp(-s)), lambda s: 1e6 * s - 7, np.exp):
        assert overfitting(d_training=scale(training), d_held_out=scale(held_out)) == as_logits
    assert overfitting(d_training=-training, d_held_out=-held_out) == pytest.approx(-as_logits, abs=1e-12)


def test_chance_has_the_stated_spread() -> None:
    # All orders of 3 + 2 scores are equally likely; of 10 choices each U is known: 0 1 2 2 3 3 4 4 5 6.
    u = np.array([0, 1, 2, 2, 3, 3, 4, 4, 5, 6])
    assert chance_sd(3, 2) == pytest.approx((2 * u / 6 - 1).std(), abs=1e-12)
    random = np.random.default_rng(2)
    drawn = [overfitting(d_training=random.normal(size=128), d_held_out=random.normal(size=44)) for _ in range(2000)]
    assert np.std(drawn) == pytest.approx(chance_sd(128, 44), rel=0.06)
    assert np.mean(drawn) == pytest.approx(0, abs=0.01)


def test_nothing_and_what_is_not_finite_are_undefined() -> None:
    for bad in ([], [math.nan, 1.0], [math.inf]):
        assert math.isnan(overfitting(d_training=bad, d_held_out=[0.0]))
        assert math.isnan(overfitting(d_training=[0.0], d_held_out=bad))


def test_scores_in_columns_are_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"d_held_out has shape \(3, 1\); expected one row of numbers"):
        overfitting(d_training=[1.0], d_held_out=[[1.0], [2.0], [3.0]])
