import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon

from collapse_probe import statistics
from collapse_probe.errors import InvalidArgument

divergence = statistics.jensen_shannon_histogram


def test_its_root_is_the_distance_of_scipy() -> None:
    random = np.random.default_rng(0)
    for _ in range(5):
        ours, theirs = random.integers(0, 4, 30) + np.eye(30)[0], random.integers(0, 4, 30) + np.eye(30)[1]
        expected = jensenshannon(ours, theirs)
        assert divergence(generated=ours, real=theirs) == pytest.approx(expected**2, rel=1e-10)
        assert divergence(generated=torch.tensor(ours), real=theirs.tolist()) == pytest.approx(expected**2, rel=1e-10)


def test_half_of_the_modes_dropped_has_a_closed_form() -> None:
    # q = (1, 0), p = (1/2, 1/2), m = (3/4, 1/4).
    expected = (math.log(4 / 3) + math.log(2 / 3) / 2 + math.log(2) / 2) / 2
    assert divergence(generated=[7, 0], real=[2, 2]) == pytest.approx(expected, rel=1e-12)


def test_it_has_no_say_where_supports_do_not_meet() -> None:
    """No gradient: moving the generated mass about changes nothing until it touches the real one."""
    for place in range(2, 10):
        assert divergence(generated=np.eye(10)[place], real=[0.5, 0.5, *[0] * 8]) == pytest.approx(math.log(2))


def test_equal_shares_are_at_zero_whatever_the_totals() -> None:
    assert divergence(generated=[1, 2, 3], real=[10, 20, 30]) == 0


def test_masses_that_are_none_are_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"real is \[ 1. inf\]; expected masses or counts"):
        divergence(generated=[1, 1], real=[1, math.inf])
