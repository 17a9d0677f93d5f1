import math

import pytest
import torch

from collapse_probe import toy
from collapse_probe.errors import InvalidArgument


def test_the_ring_has_eight_different_centres_at_distance_one() -> None:
    ring = toy.ring()
    assert len(torch.unique(ring.centers.round(decimals=4), dim=0)) == 8
    torch.testing.assert_close(ring.centers.norm(dim=1), torch.ones(8))
    # Neighbours on a circle of radius 1 are 2 sin(pi / 8) apart, the last and the first too.
    torch.testing.assert_close(
        (ring.centers - ring.centers.roll(1, 0)).norm(dim=1), torch.full((8,), 2 * math.sin(math.pi / 8))
    )
    assert ring.sigma == 0.01


def test_the_grid_is_the_published_one() -> None:
    grid = toy.grid()
    expected = {(float(x), float(y)) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    assert {(x, y) for x, y in grid.centers.tolist()} == expected
    assert grid.sigma == 0.05


def test_samples_have_the_mean_and_spread_that_was_asked_for() -> None:
    mixture = toy.Mixture(torch.tensor([[5.0, -3.0]]), 0.5)
    sample = mixture.sample(20_000)
    assert sample.shape == (20_000, 2) and sample.dtype == torch.float32
    # 4 standard errors: sigma / sqrt(n) for the mean, sigma / sqrt(2 n) for the standard deviation.
    torch.testing.assert_close(sample.mean(0), mixture.centers[0], atol=4 * 0.5 / math.sqrt(20_000), rtol=0)
    torch.testing.assert_close(sample.std(0), torch.full((2,), 0.5), atol=4 * 0.5 / math.sqrt(40_000), rtol=0)


def test_modes_are_drawn_by_weight() -> None:
    mixture = toy.Mixture(torch.tensor([[0.0, 0.0], [9.0, 0.0]]), 0.1, weights=torch.tensor([1.0, 3.0]))
    share = float((mixture.sample(10_000)[:, 0] > 4.5).double().mean())
    assert abs(share - 0.75) < 4 * math.sqrt(0.75 * 0.25 / 10_000)


def test_successive_samples_differ_and_a_new_mixture_repeats_them() -> None:
    ring = toy.ring(seed=3)
    first, second = ring.sample(10), ring.sample(10)
    assert not torch.equal(first, second)
    again = toy.ring(seed=3)
    assert torch.equal(first, again.sample(10)) and torch.equal(second, again.sample(10))
    assert not torch.equal(first, toy.ring(seed=4).sample(10))


def test_a_generator_given_replaces_the_own_one() -> None:
    ring = toy.ring()
    first = ring.sample(10, generator=torch.Generator().manual_seed(1))
    assert torch.equal(first, ring.sample(10, generator=torch.Generator().manual_seed(1)))
    assert torch.equal(ring.sample(10), toy.ring().sample(10))


def test_sampling_leaves_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    toy.grid(3).sample(100)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: toy.ring(0), "modes is 0"),
        (lambda: toy.ring(radius=-1.0), "radius is -1.0"),
        (lambda: toy.ring(sigma=0.0), "sigma is 0.0"),
        (lambda: toy.ring(sigma=math.nan), "sigma is nan"),
        (lambda: toy.grid(-2), "side is -2"),
        (lambda: toy.grid(spacing=math.inf), "spacing is inf"),
        (lambda: toy.ring().sample(0), "n is 0"),
        (lambda: toy.Mixture(torch.zeros(2, 2), 1.0, weights=torch.tensor([1.0, 0.0])), "weights"),
        (lambda: toy.Mixture(torch.zeros(0, 2), 1.0), "centers"),
    ],
)
def test_an_argument_that_makes_no_sense_is_named(call: object, named: str) -> None:
    assert callable(call)
    with pytest.raises(InvalidArgument, match=named):
        call()
