"""The modes themselves: known, estimated, fitted, or told by a classifier."""

import math

import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_mutual_info_score
from torch import Tensor

from collapse_probe import embeddings, statistics, toy
from collapse_probe.errors import InvalidArgument
from collapse_probe.statistics import Modes
from collapse_probe.statistics._modes import LabelModes, as_modes


def nearest(sample: Tensor, centers: Tensor) -> tuple[Tensor, Tensor]:
    """By the definition: differences in float64, no squares expanded."""
    distances = (sample.double()[:, None] - centers.double()).norm(dim=2)
    return distances.argmin(1), distances.amin(1)


@pytest.mark.parametrize("mixture", [toy.ring(8), toy.grid(5)], ids=["ring", "grid"])
def test_known_modes_are_the_nearest_centre_within_three_sigma(
    mixture: toy.Mixture, generator: torch.Generator
) -> None:
    noisy = mixture.sample(2000) + 2 * mixture.sigma * torch.randn(2000, 2, generator=generator)
    labels, high_quality = Modes.from_mixture(mixture).assign(noisy)
    expected, distances = nearest(noisy, mixture.centers)
    assert torch.equal(labels, expected)
    assert torch.equal(high_quality, distances < 3 * mixture.sigma)
    assert 0.2 < float(high_quality.double().mean()) < 0.9


@pytest.mark.parametrize(("mixture", "modes"), [(toy.ring(8), 8), (toy.grid(5), 25)], ids=["ring", "grid"])
@pytest.mark.parametrize("rows", [512, 1024])
def test_a_fitted_mixture_finds_the_modes(mixture: toy.Mixture, modes: int, rows: int) -> None:
    real = mixture.sample(rows)
    fitted = Modes.fit(real)
    assert len(fitted.shares) == modes
    closest, distances = nearest(fitted.centers + fitted.shift, mixture.centers)
    assert sorted(closest.tolist()) == list(range(modes))
    assert float(distances.max()) < mixture.sigma
    assert fitted.assign(real)[1].double().mean() > 0.97


def test_the_fit_is_the_same_every_time_and_ignores_the_global_seed(ring: toy.Mixture) -> None:
    real = ring.sample(200)
    first = Modes.fit(real)
    torch.manual_seed(77)
    second = Modes.fit(real)
    assert torch.equal(first.centers, second.centers) and torch.equal(first.whitening, second.whitening)


def test_clusters_in_many_dimensions_are_found_in_principal_directions(generator: torch.Generator) -> None:
    centers = torch.randn(6, 40, generator=generator)
    labels = torch.arange(600) % 6
    real = centers[labels] + 0.05 * torch.randn(600, 40, generator=generator)
    fitted = Modes.fit(real)
    assert fitted.projection is not None and fitted.projection.shape == (40, 5)  # six centres span five
    assert len(fitted.shares) == 6
    found, _ = fitted.assign(real)
    assert len(torch.unique(found * 6 + labels)) == 6
    torch.testing.assert_close(fitted.shares, torch.full((6,), 1 / 6, dtype=torch.float64), atol=0.01, rtol=0)


def test_digits_have_several_modes_and_unseen_ones_are_mostly_of_high_quality(digits: Tensor) -> None:
    rows = embeddings.choose((8, 8))(digits)
    fitted = Modes.fit(rows[:1000])
    assert 8 <= len(fitted.shares) <= 32
    assert float(fitted.assign(rows[1000:])[1].double().mean()) > 0.85


def test_a_few_hundred_digits_are_enough_to_tell_their_classes_apart() -> None:
    loaded = load_digits()
    order = torch.randperm(1797, generator=torch.Generator().manual_seed(0))
    rows = embeddings.choose((8, 8))(torch.from_numpy(loaded.images) / 16)[order]
    fitted = Modes.fit(rows[:256])
    assert 10 <= len(fitted.shares) <= 32
    found, _ = fitted.assign(rows[256:])
    assert adjusted_mutual_info_score(loaded.target[order][256:], found) > 0.6  # 0.17 with a diagonal for each mode


def test_modes_of_one_width_in_many_dimensions_may_be_of_any_shape(generator: torch.Generator) -> None:
    shape = (
        torch.diag(torch.tensor([1.0, 0.2, 0.2, 0.2, 0.2])) @ torch.linalg.qr(torch.randn(5, 5, generator=generator)).Q
    )
    centers = 6 * torch.eye(5)
    real = centers[torch.arange(500) % 5] + torch.randn(500, 5, generator=generator) @ shape
    fitted = Modes.fit(real)
    assert len(fitted.shares) == 5
    labels, high_quality = fitted.assign(real)
    assert len(torch.unique(labels * 5 + torch.arange(500) % 5)) == 5
    assert float(high_quality.double().mean()) == pytest.approx(1 - math.exp(-4.5), abs=0.02)


def test_a_generator_that_blurs_modes_together_has_no_high_quality(ring: toy.Mixture) -> None:
    fitted = Modes.fit(ring.sample(500))
    assert not fitted.assign(torch.zeros(10, 2))[1].any()


def test_the_width_of_given_centres_is_estimated_even_if_one_is_missing(grid: toy.Mixture) -> None:
    modes = Modes.from_centers(grid.centers[1:], grid.sample(4000))
    torch.testing.assert_close(1 / modes.whitening, torch.full((24, 2), grid.sigma).double(), rtol=0.08, atol=0)


def test_shares_are_those_of_the_data() -> None:
    weights = torch.tensor([1.0, 3.0, 4.0])
    mixture = toy.Mixture(torch.tensor([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0]]), 0.1, weights=weights)
    torch.testing.assert_close(Modes.from_mixture(mixture).shares, weights.double() / 8)
    measured = Modes.from_centers(mixture.centers, mixture.sample(8000)).shares
    torch.testing.assert_close(measured, weights.double() / 8, atol=0.02, rtol=0)


def test_a_mode_that_no_real_sample_is_in_counts_as_half_a_sample() -> None:
    centers = torch.tensor([[0.0, 0.0], [50.0, 0.0]])
    real = 0.1 * torch.randn(100, 2, generator=torch.Generator().manual_seed(0))
    shares = Modes.from_centers(centers, real).shares
    assert 0 < float(shares[1]) < 0.006


def test_the_radius_is_three_in_two_dimensions_and_28_in_700() -> None:
    for dimensions, expected in ((2, 3.0), (700, 28.08)):
        modes = Modes.from_mixture(toy.Mixture(torch.zeros(1, dimensions), 1.0))
        assert modes.radius == pytest.approx(expected, abs=0.005)


def test_real_data_in_700_dimensions_are_of_high_quality(generator: torch.Generator) -> None:
    mixture = toy.Mixture(torch.zeros(1, 700), 0.3)
    share = Modes.from_mixture(mixture).assign(mixture.sample(2000))[1].double().mean()
    assert abs(float(share) - (1 - math.exp(-4.5))) < 4 * math.sqrt(0.98889 * 0.01111 / 2000)


def test_modes_survive_being_stored(ring: toy.Mixture, generator: torch.Generator) -> None:
    for real in (ring.sample(100), torch.randn(100, 8, generator=generator)):
        fitted = Modes.fit(real)
        again = Modes.from_state(fitted.to_state())
        for before, after in zip(fitted.assign(real), again.assign(real), strict=True):
            assert torch.equal(before, after)


def test_a_classifier_names_the_modes_by_the_labels_of_real_data() -> None:
    modes = as_modes(lambda images: images[:, 0, 0].long(), torch.tensor([7.0, 3.0, 7.0, 7.0]).reshape(4, 1, 1))
    assert isinstance(modes, LabelModes)
    assert modes.labels.tolist() == [3, 7] and modes.shares.tolist() == [0.25, 0.75]
    # 5 and 9 are no modes of the real data.
    places, quality = modes.assign(torch.tensor([3.0, 5.0, 7.0, 9.0, 7.0]).reshape(5, 1, 1))
    assert places.tolist() == [0, 1, 1] and quality is None


def test_a_classifier_that_gives_logits_is_told_what_to_do() -> None:
    with pytest.raises(InvalidArgument, match=r"logits.argmax\(1\)"):
        as_modes(lambda images: images, torch.zeros(4, 2))


def test_modes_of_an_unknown_kind_and_centres_of_another_space_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="modes is a str"):
        as_modes("ring", torch.zeros(4, 2))
    with pytest.raises(InvalidArgument, match=r"\(8, 3\)"):
        as_modes(torch.zeros(8, 3), torch.zeros(4, 2))
    with pytest.raises(InvalidArgument, match=r"\(8, 2\)"):
        as_modes(toy.ring(8), torch.zeros(4, 49))


def test_a_stored_state_of_a_classifier_asks_for_the_classifier() -> None:
    images = torch.arange(4.0).reshape(4, 1, 1)
    state = statistics.get("mode_count").__class__(modes=lambda x: x[:, 0, 0].long()).fit(images)  # type: ignore[call-arg]
    with pytest.raises(InvalidArgument, match="give it as modes="):
        statistics.get("mode_count").compute(images, state)


def test_real_data_that_are_all_alike_are_one_mode() -> None:
    fitted = Modes.fit(torch.full((50, 6), 0.3))
    assert len(fitted.shares) == 1
    assert fitted.assign(torch.full((5, 6), 0.3))[1].all()
    assert Modes.from_centers(torch.zeros(1, 2), torch.zeros(9, 2)).assign(torch.zeros(3, 2))[1].all()
