import math
import warnings

import numpy as np
import ot
import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import Tensor

from collapse_probe import statistics, toy
from collapse_probe.errors import InvalidArgument
from collapse_probe.statistics._assignment import pair_up


def squares(first: Tensor, second: Tensor) -> np.ndarray:
    return torch.cdist(first, second, compute_mode="donot_use_mm_for_euclid_dist").square().numpy()


def gaussian(rows: int, dimensions: int, seed: int) -> Tensor:
    return torch.randn(rows, dimensions, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def collapsed(rows: int, seed: int) -> Tensor:
    one_mode = toy.Mixture(toy.ring(8).centers[:1], toy.ring(8).sigma)
    return one_mode.sample(rows, generator=torch.Generator().manual_seed(seed)).double()


def ring_sample(rows: int, seed: int) -> Tensor:
    return toy.ring(8).sample(rows, generator=torch.Generator().manual_seed(seed)).double()


CLOUDS = {
    "gaussians on a plane": (gaussian(450, 2, 0), gaussian(450, 2, 1) + 1),
    "gaussians in 64 dimensions": (gaussian(450, 64, 0), gaussian(450, 64, 1)),
    "a collapsed ring": (collapsed(450, 0), ring_sample(450, 1)),
    "one point": (torch.ones(450, 2, dtype=torch.float64), ring_sample(450, 1)),
    "two points": (toy.ring(8).centers.double()[[0, 2] * 225], ring_sample(450, 1)),
    "whole numbers": (gaussian(450, 2, 0).mul(3).round(), gaussian(450, 2, 1).mul(3).round()),
    "a line in the plane": (gaussian(450, 1, 0).expand(-1, 2), gaussian(450, 1, 1).expand(-1, 2)),
}


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("order", [1.0, 2.0])
def test_it_is_what_a_network_simplex_finds(name: str, order: float) -> None:
    first, second = CLOUDS[name]
    costs = squares(first, second) ** (order / 2)
    value = statistics.wasserstein(generated=first, real=second, order=order)
    assert value**order == pytest.approx(ot.emd2([], [], costs, numItermax=10**8), rel=1e-10)


@pytest.mark.slow
def test_it_is_right_where_pot_stops_at_its_iteration_cap() -> None:
    """POT's default returns a value that is too high, and a warning."""
    first, second = gaussian(2500, 64, 0), gaussian(2500, 64, 1)
    costs = squares(first, second)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        stopped = ot.emd2([], [], costs)
    assert any("numItermax reached" in str(warning.message) for warning in said)
    exact = ot.emd2([], [], costs, numItermax=10**9)
    assert stopped > 1.001 * exact
    assert statistics.wasserstein(generated=first, real=second) ** 2 == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("dimensions", [1, 2, 64])
def test_a_translation_is_exact(dimensions: int) -> None:
    real = gaussian(300, dimensions, 0)
    shift = gaussian(1, dimensions, 1)
    value = statistics.wasserstein(generated=real.flip(0) + shift, real=real)
    assert value == pytest.approx(float(shift.norm()), rel=1e-12)


def test_identical_samples_are_at_distance_zero_and_it_is_symmetric() -> None:
    first, second = gaussian(250, 5, 0), gaussian(250, 5, 1)
    assert statistics.wasserstein(generated=first, real=first.flip(0)) == 0
    there = statistics.wasserstein(generated=first, real=second)
    assert there == pytest.approx(statistics.wasserstein(generated=second, real=first), rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(60, 240), (240, 60), (40, 60), (7, 9)])
def test_two_sizes_are_exact_where_a_common_multiple_is_small(n: int, m: int) -> None:
    first, second = gaussian(n, 3, 0), gaussian(m, 3, 1)
    value = statistics.wasserstein(generated=first, real=second)
    assert value**2 == pytest.approx(ot.emd2([], [], squares(first, second), numItermax=10**8), rel=1e-10)


def test_otherwise_the_larger_sample_is_cut_to_a_whole_multiple_by_the_seed() -> None:
    first, second = gaussian(101, 3, 0), gaussian(307, 3, 1)
    exact = ot.emd2([], [], squares(first, second), numItermax=10**8)
    values = [statistics.wasserstein(generated=first, real=second, rows=1000, seed=seed) ** 2 for seed in range(3)]
    assert len(set(values)) == 3
    # 4 of the 307 are left out.
    assert values == pytest.approx([exact] * 3, rel=0.03)
    assert statistics.wasserstein(generated=first, real=second, rows=1000, seed=1) ** 2 == values[1]
    assert statistics.wasserstein(generated=first, real=first, rows=20) == 0


@pytest.mark.parametrize(("n", "m"), [(40, 40), (41, 70)])
def test_on_a_line_all_samples_count_at_any_sizes(n: int, m: int) -> None:
    first, second = gaussian(n, 1, 0), gaussian(m, 1, 1) * 2
    value = statistics.wasserstein(generated=first, real=second, order=1.0, rows=2)
    assert value == pytest.approx(wasserstein_distance(first[:, 0].numpy(), second[:, 0].numpy()), rel=1e-12)
    value = statistics.wasserstein(generated=first, real=second, rows=2)
    assert value**2 == pytest.approx(ot.emd2([], [], squares(first, second)), rel=1e-10)


def test_each_normalisation_is_what_it_says() -> None:
    first, second = gaussian(50, 3, 0), gaussian(50, 3, 1) + 1
    distances = np.sqrt(squares(first, second))
    value = statistics.wasserstein(generated=first, real=second)
    expected = {
        "largest_distance": value / distances.max(),
        "mean_transport": value / math.sqrt((distances**2).mean()),
        "total_mass": value,
    }
    for name, scaled in expected.items():
        found = statistics.wasserstein(generated=first, real=second, normalize=name)
        assert found == pytest.approx(scaled, rel=1e-10)
        # Comparable across scales is what it is for.
        if name != "total_mass":
            again = statistics.wasserstein(generated=7 * first, real=7 * second, normalize=name)
            assert again == pytest.approx(found, rel=1e-10)


def test_a_batch_of_one_point_is_as_bad_as_any_transport() -> None:
    real = ring_sample(64, 0)
    value = statistics.wasserstein(generated=real[:1].repeat(64, 1), real=real, normalize="mean_transport")
    assert value == pytest.approx(1.0, rel=1e-12)


def test_zero_by_zero_is_undefined() -> None:
    same = torch.ones(4, 2)
    assert math.isnan(statistics.wasserstein(generated=same, real=same, normalize="largest_distance"))
    assert statistics.wasserstein(generated=same, real=same) == 0


@pytest.mark.parametrize("order", [0.5, math.inf, math.nan])
def test_an_order_below_one_is_refused(order: float) -> None:
    with pytest.raises(InvalidArgument, match=rf"order is {order}; expected a number of at least 1"):
        statistics.wasserstein(generated=torch.ones(2, 2), real=torch.ones(2, 2), order=order)


def test_an_unknown_normalisation_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="normalize is 'mass'; expected None, 'largest_distance', 'total_mass'"):
        statistics.wasserstein(generated=torch.ones(2, 2), real=torch.ones(2, 2), normalize="mass")


def test_a_pairing_uses_every_point_once() -> None:
    first, second = CLOUDS["two points"]
    assert sorted(pair_up(first.numpy(), second.numpy(), 2.0)) == list(range(450))
