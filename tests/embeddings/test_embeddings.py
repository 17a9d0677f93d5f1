import pytest
import torch
from torch.nn.functional import avg_pool2d

from collapse_probe import embeddings


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
