"""Contact sheets and clouds, looked at pixel by pixel."""

import base64
import io
import math

import numpy as np
import pytest
from PIL import Image

from collapse_probe._report._batches import Plane, contact_sheet, is_image, value_range
from collapse_probe.errors import InvalidArgument


def opened(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def test_a_sheet_shows_each_picture_in_its_place() -> None:
    pictures = np.stack([np.full((1, 6, 4), grey) for grey in (-1.0, 0.0, 1.0)])
    pixels = np.asarray(opened(contact_sheet(pictures, (-1.0, 1.0)).uri))
    assert pixels.shape == (2 * 7 + 1, 2 * 5 + 1)
    assert (pixels[1:7, 1:5] == 0).all()
    assert (pixels[1:7, 6:10] == 128).all()
    assert (pixels[8:14, 1:5] == 255).all()


def test_small_pictures_are_enlarged_by_a_whole_factor() -> None:
    sheet = contact_sheet(np.zeros((64, 1, 8, 8)), (0.0, 1.0))
    assert sheet.width % 73 == 0 and 73 < sheet.width <= 520


def test_channels_may_come_first_or_last() -> None:
    first = np.random.default_rng(0).uniform(size=(4, 3, 9, 8))
    sheets = [contact_sheet(pictures, (0.0, 1.0)).uri for pictures in (first, np.moveaxis(first, 1, 3))]
    assert sheets[0] == sheets[1]
    assert opened(sheets[0]).mode == "RGB"


def test_at_most_64_pictures_are_shown() -> None:
    assert contact_sheet(np.zeros((100, 1, 8, 8)), (0.0, 1.0)).tiles == 64


def test_large_pictures_are_reduced() -> None:
    sheet = contact_sheet(np.zeros((1, 1, 200, 100)), (0.0, 1.0))
    assert opened(sheet.uri).size == (32 + 2, 64 + 2)


def test_a_heavy_sheet_is_a_jpeg_that_looks_the_same() -> None:
    smooth = np.broadcast_to(np.linspace(0, 1, 64), (64, 3, 64, 64))
    sheet = contact_sheet(smooth, (0.0, 1.0))
    assert sheet.uri.startswith("data:image/jpeg")
    tile = np.asarray(opened(sheet.uri), dtype=float)[1:65, 1:65].mean(axis=(0, 2))
    assert abs(tile - np.linspace(0, 255, 64))[4:-4].max() < 8


def test_what_is_not_finite_is_black_and_what_is_out_of_range_is_cut() -> None:
    picture = np.array([[[[math.nan, 9.0], [-9.0, 1.0]]]]).repeat(2, axis=2).repeat(2, axis=3)
    pixels = np.asarray(opened(contact_sheet(picture, (-1.0, 1.0)).uri))[1:5, 1:5]
    assert pixels[::2, ::2].tolist() == [[0, 255], [0, 255]]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((8, 28, 28), True),
        ((8, 1, 28, 28), True),
        ((8, 28, 28, 3), True),
        ((8, 2), False),
        ((8, 100), False),
        ((8, 1, 2, 2), False),
        ((8,), False),
        ((8, 3, 4, 16, 16), False),
    ],
)
def test_pictures_are_told_from_points_by_shape(shape: tuple[int, ...], expected: bool) -> None:
    assert is_image(np.zeros(shape)) is expected


def test_points_are_no_sheet() -> None:
    with pytest.raises(InvalidArgument, match=r"\(8, 2\)"):
        contact_sheet(np.zeros((8, 2)), (0.0, 1.0))


def test_black_and_white_are_what_was_given_else_the_range_of_the_reference() -> None:
    reference, batch = np.array([-2.0, np.nan, 3.0]), np.array([0.0, 9.0])
    assert value_range([0, 1], reference, batch) == (0, 1)
    assert value_range(None, reference, batch) == (-2, 3)
    assert value_range(None, None, batch) == (0, 9)
    assert value_range(None, np.array([7], dtype=np.uint8)) == (0, 255)
    assert value_range(None, np.ones(3)) == (0, 1)


def test_points_of_two_numbers_are_drawn_where_they_are() -> None:
    points = np.array([[1.0, 2.0], [np.nan, 0.0], [3.0, 4.0]], dtype=np.float32)
    assert Plane.of(points).points(points).tolist() == [[1, 2], [3, 4]]


def test_points_of_many_numbers_are_drawn_along_the_widest_directions_of_the_reference() -> None:
    random = np.random.default_rng(0)
    axes = np.linalg.qr(random.normal(size=(10, 10)))[0]
    reference = random.normal(size=(500, 10)) * ([9, 5] + [0.1] * 8) @ axes.T + 40
    plane = Plane.of(reference)
    assert np.allclose(abs(plane.directions @ axes[:, :2]), np.eye(2), atol=0.1)
    assert np.allclose(plane.points(reference).mean(axis=0), 0)
    assert np.array_equal(Plane.of(reference).directions, plane.directions)


def test_points_of_one_number_are_spread_over_the_height() -> None:
    points = np.array([[5.0], [6.0], [7.0]])
    assert Plane.of(points).points(points).tolist() == [[5, 0], [6, 0.5], [7, 1]]
