import math

import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor
from torch.nn.functional import avg_pool2d

from collapse_probe import embeddings
from collapse_probe.embeddings import EdgeOrientations, PrincipalComponents, RandomConvolutions
from collapse_probe.errors import InvalidArgument, UnknownName


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        ((1, 28, 28), "average_pool"),
        ((3, 32, 64), "average_pool"),
        ((8, 8), "average_pool"),
        ((2,), "flatten"),
        ((), "flatten"),
        ((7, 28), "flatten"),
        ((5, 28, 28), "flatten"),
        ((3, 16, 16, 16), "flatten"),
    ],
)
def test_images_are_pooled_and_anything_else_is_flattened(shape: tuple[int, ...], name: str) -> None:
    embed = embeddings.choose(shape)
    assert embed.name == name
    rows = embed(torch.ones(5, *shape))
    assert rows.ndim == 2 and len(rows) == 5 and rows.dtype == torch.float64
    assert bool((rows == 1).all())


def test_28_by_28_images_become_the_means_of_blocks_of_4_by_4() -> None:
    images = torch.rand(3, 2, 28, 28, generator=torch.Generator().manual_seed(0))
    rows = embeddings.choose((2, 28, 28))(images)
    torch.testing.assert_close(rows, avg_pool2d(images.double(), 4).flatten(1))
    assert rows.shape == (3, 2 * 49)


def test_a_channel_axis_of_one_makes_no_difference() -> None:
    images = torch.rand(3, 12, 15, generator=torch.Generator().manual_seed(0))
    assert torch.equal(embeddings.choose((12, 15))(images), embeddings.choose((1, 12, 15))(images[:, None]))


def test_whole_numbers_are_read_as_they_are() -> None:
    pixels = torch.full((2, 16, 16), 255, dtype=torch.uint8)
    assert bool((embeddings.choose((16, 16))(pixels) == 255).all())
    assert embeddings.choose((3,))(torch.tensor([[1, 2, 3]])).tolist() == [[1.0, 2.0, 3.0]]


def test_the_samples_are_not_written_to() -> None:
    points = torch.zeros(4, 2, dtype=torch.float64)
    embeddings.choose((2,))(points)
    assert bool((points == 0).all())


@pytest.mark.parametrize("shape", [(40,), (3, 6, 7)])
@pytest.mark.parametrize("rows", [30, 200])
def test_principal_components_are_those_of_scikit_learn(shape: tuple[int, ...], rows: int) -> None:
    generator = torch.Generator().manual_seed(0)
    real = torch.randn(rows, *shape, generator=generator, dtype=torch.float64)
    real = real * torch.linspace(1, 3, real[0].numel(), dtype=torch.float64).reshape(shape) + 100
    fresh = torch.randn(9, *shape, generator=generator, dtype=torch.float64) + 100
    ours = PrincipalComponents.fit(real, components=5)(fresh)
    theirs = torch.from_numpy(
        PCA(5, svd_solver="full").fit(real.flatten(1).numpy()).transform(fresh.flatten(1).numpy())
    )
    torch.testing.assert_close(ours.abs(), theirs.abs(), rtol=1e-8, atol=1e-8)


def test_principal_components_of_fewer_dimensions_than_asked_for_and_of_one_picture() -> None:
    line = torch.arange(10.0)[:, None] * torch.tensor([[3.0, 4.0, 0.0]])
    rows = PrincipalComponents.fit(line)(line)
    assert rows.shape == (10, 1)
    torch.testing.assert_close(rows[:, 0], 5 * (torch.arange(10.0).double() - 4.5))
    same = PrincipalComponents.fit(torch.full((5, 4), 0.3))(torch.full((3, 4), 0.3))
    assert bool(same.isfinite().all()) and float(same.abs().max()) < 1e-6


def test_far_from_the_origin_principal_components_are_the_same() -> None:
    real = torch.randn(50, 20, generator=torch.Generator().manual_seed(0))
    near = PrincipalComponents.fit(real.double())(real.double())
    far = PrincipalComponents.fit((real + 1000).float())((real + 1000).float())
    torch.testing.assert_close(far, near, rtol=0, atol=2e-3)  # float32 itself keeps 6e-5 of each number


def stripes(angle: float, side: int = 28) -> Tensor:
    """A grating whose brightness changes in the direction of `angle`."""
    axis = torch.arange(side, dtype=torch.float32)
    return (0.6 * (math.cos(angle) * axis + math.sin(angle) * axis[:, None])).sin()[None]


@pytest.mark.parametrize("direction", range(8))
def test_a_grating_is_strongest_in_its_own_direction_by_the_square_of_the_cosine(direction: int) -> None:
    rows = EdgeOrientations()(stripes(direction * math.pi / 8)[None]).reshape(8, 16)
    energy = rows.square().sum(1) / rows.square().sum(1).max()
    angles = (torch.arange(8) - direction) * math.pi / 8
    torch.testing.assert_close(energy, angles.cos().square().double(), rtol=0, atol=0.12)


@pytest.mark.parametrize("embed", [EdgeOrientations(), RandomConvolutions()], ids=["edges", "convolutions"])
def test_what_looks_at_edges_ignores_contrast_and_brightness_and_sees_place(embed: embeddings.Embedding) -> None:
    pictures = torch.rand(6, 3, 20, 30, generator=torch.Generator().manual_seed(0))
    rows = embed(pictures)
    assert rows.dtype == torch.float64 and rows.ndim == 2
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(6).double(), rtol=0, atol=1e-6)
    torch.testing.assert_close(embed(0.1 * pictures + 7), rows, rtol=0, atol=1e-4)
    torch.testing.assert_close(embed(pictures + 1000), rows, rtol=0, atol=1e-3)
    assert float((embed(pictures.flip(3)) - rows).norm(dim=1).min()) > 0.1
    flat = embed(torch.full((2, 3, 20, 30), 0.4))
    assert float(flat.abs().max()) < 0.02 and bool((embed(torch.zeros(2, 3, 20, 30)) == 0).all())


def test_random_filters_come_from_their_seed_alone() -> None:
    pictures = torch.rand(3, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    first = RandomConvolutions()(pictures)
    state = torch.get_rng_state()
    torch.manual_seed(5)
    assert torch.equal(RandomConvolutions()(pictures), first)
    torch.manual_seed(0)
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.allclose(RandomConvolutions(seed=1)(pictures), first)


@pytest.mark.parametrize("name", embeddings.NAMES)
def test_an_embedding_made_by_name_is_the_same_each_time_and_row_by_row(name: str) -> None:
    pictures = torch.rand(40, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    first, second = (embeddings.fit(name, pictures[:30]) for _ in range(2))
    rows = first(pictures[30:])
    assert torch.equal(rows, second(pictures[30:]))
    torch.testing.assert_close(first(pictures[32:33]), rows[2:3], rtol=0, atol=1e-6)
    assert first.name == name  # type: ignore[attr-defined]


def test_unknown_names_and_pictures_that_are_none_are_told_what_to_do() -> None:
    with pytest.raises(UnknownName, match="no embedding called 'inception'; known: average_pool, edge_orientations"):
        embeddings.fit("inception", torch.zeros(4, 3, 8, 8))
    for name in ("average_pool", "edge_orientations", "random_convolutions"):
        with pytest.raises(InvalidArgument, match=r"samples have shape \(2,\); use 'flatten'"):
            embeddings.fit(name, torch.zeros(4, 2))


def test_nothing_is_chosen_and_a_callable_is_taken_as_it_is() -> None:
    def own(samples: Tensor) -> Tensor:
        return samples.flatten(1)

    assert embeddings.fit(own, torch.zeros(4, 2)) is own
    assert embeddings.fit(None, torch.zeros(4, 1, 28, 28)).name == "average_pool"  # type: ignore[attr-defined]
