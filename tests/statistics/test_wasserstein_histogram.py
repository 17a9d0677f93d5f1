import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from collapse_probe import statistics
from collapse_probe.errors import InvalidArgument

distance = statistics.wasserstein_histogram


def test_the_worked_example_costs_8_of_a_mass_of_14() -> None:
    generated, real = [3, 3, 3, 5], [5, 4, 3, 2]
    assert distance(generated=generated, real=real) == 8
    assert distance(generated=generated, real=real, normalize="total_mass") == 8 / 14
    assert distance(generated=generated, real=real, normalize="largest_distance") == 8 / 3
    # Over all pairs of a unit here and a unit there: 262 / 14^2.
    assert distance(generated=generated, real=real, normalize="mean_transport") == pytest.approx(8 * 196 / 262)


def test_it_is_the_distance_of_the_weighted_points() -> None:
    random = np.random.default_rng(0)
    places, ours, theirs = random.normal(size=20), random.random(20), random.random(20)
    ours, theirs = ours / ours.sum(), theirs / theirs.sum()
    expected = wasserstein_distance(places, places, ours, theirs)
    assert distance(generated=ours, real=theirs, positions=places) == pytest.approx(expected, rel=1e-12)
    as_tensors = (torch.from_numpy(part) for part in (ours, theirs, places))
    assert distance(**dict(zip(("generated", "real", "positions"), as_tensors, strict=True))) == pytest.approx(expected)


def test_two_bins_are_as_far_apart_as_they_are_where_the_divergence_says_ln_2() -> None:
    for gap in (1, 5, 9):
        generated, real = np.eye(10)[gap], np.eye(10)[0]
        assert distance(generated=generated, real=real) == gap
        assert statistics.jensen_shannon_histogram(generated=generated, real=real) == pytest.approx(math.log(2))


def test_shares_that_could_not_be_worse_placed_are_1_by_either_scale() -> None:
    generated, real = [0, 0, 1.0], [1.0, 0, 0]
    for name in ("largest_distance", "mean_transport"):
        assert distance(generated=generated, real=real, normalize=name) == 1


def test_the_scale_of_positions_cancels_and_that_of_masses_too() -> None:
    generated, real, places = [3, 3, 3, 5], [5, 4, 3, 2], np.array([0.0, 1, 2, 3])
    for name in ("largest_distance", "mean_transport"):
        wide = distance(generated=generated, real=real, positions=100 * places, normalize=name)
        assert wide == pytest.approx(distance(generated=generated, real=real, normalize=name))
    heavy = distance(generated=np.multiply(generated, 9), real=np.multiply(real, 9), normalize="total_mass")
    assert heavy == pytest.approx(8 / 14)


def test_zero_by_zero_is_undefined() -> None:
    assert distance(generated=[3], real=[3]) == 0
    assert math.isnan(distance(generated=[3], real=[3], normalize="largest_distance"))
    assert math.isnan(distance(generated=[0, 3], real=[0, 3], normalize="mean_transport"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"generated": [1, 2], "real": [1, 1]}, "generated holds a mass of 3 and real of 2; expected the same"),
        ({"generated": [1, -1], "real": [1, 1]}, r"generated is \[ 1. -1.\]; expected masses or counts of at least 0"),
        ({"generated": [1, 1], "real": [1, math.nan]}, r"real is \[ 1. nan\]; expected masses"),
        ({"generated": [0, 0], "real": [1, 1]}, r"generated is \[0. 0.\]; .* not all of them 0"),
        ({"generated": [], "real": []}, r"generated is \[\]; expected masses"),
        ({"generated": [1, 1], "real": [1, 1, 0]}, "generated has 2 bins and real has 3; count both in the same"),
        ({"generated": [[1, 1]], "real": [1, 1]}, r"generated has shape \(1, 2\); expected one row of numbers"),
        ({"generated": ["a", "b"], "real": [1, 1]}, "generated is a list that is no array of numbers"),
        ({"generated": [1, 1], "real": [1, 1], "positions": [0]}, "positions has 1 values; expected 2 finite ones"),
        ({"generated": [1], "real": [1], "normalize": "max"}, "normalize is 'max'; expected None, 'largest_distance'"),
    ],
)
def test_misuse_is_explained(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        distance(**arguments)
