"""Generated batches as a person can look at them: contact sheets of images, or points in the plane."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8
from PIL import Image, ImageColor

from ..errors import InvalidArgument

TILES, LONGEST, WIDTH, THUMBNAIL = 64, 64, 520, 72
MOST_BASIS = 2048
PNG_BYTES = 1 << 17
"""A sheet of more pixels than this is stored as JPEG: 60 sheets of colour photographs would make the page heavy."""


LARGEST = 2**26
FARTHEST = 1e30
"""Numbers beyond are drawn here: their squares are still finite."""


@dataclass(frozen=True)
class Sheet:
    """An image for the page; shown at this width and height, so that small pictures can be seen."""

    uri: str
    width: int
    height: int
    tiles: int


def can_be_drawn(samples: Shaped[np.ndarray, "..."]) -> bool:
    """Whether there are samples at all, and not too much of them."""
    return samples.ndim > 1 and 0 < samples.size <= LARGEST


def is_image(samples: Shaped[np.ndarray, "n ..."]) -> bool:
    """Whether samples look like pictures: `(n, h, w)`, `(n, c, h, w)` or `(n, h, w, c)`, with both sides 4 or more."""
    if samples.ndim not in (3, 4):
        return False
    height, width, channels = channels_last(samples).shape[1:]
    return min(height, width) >= 4 and channels in (1, 3)


def channels_last(samples: Shaped[np.ndarray, "n ..."]) -> Shaped[np.ndarray, "n h w c"]:
    """Pictures with one channel or three, last; of two channels or more than four the first is shown."""
    if samples.ndim == 3:
        return samples[..., None]
    if samples.shape[1] not in (1, 3, 4) and samples.shape[3] in (1, 3, 4):
        pictures = samples
    else:
        pictures = np.moveaxis(samples, 1, 3)
    return pictures[..., :3] if pictures.shape[3] in (3, 4) else pictures[..., :1]


def value_range(given: object, *samples: np.ndarray | None) -> tuple[float, float]:
    """The values that are drawn black and white: those given, else the extremes of the first samples that there are."""
    pair = isinstance(given, list | tuple) and len(given) == 2 and all(isinstance(end, int | float) for end in given)
    if pair and -FARTHEST < given[0] < given[1] < FARTHEST:  # type: ignore[index]
        return float(given[0]), float(given[1])  # type: ignore[index]
    for values in samples:
        if values is None:
            continue
        if values.dtype == np.uint8:
            return 0.0, 255.0
        finite = values[np.isfinite(values)].astype(np.float64)
        finite = finite.clip(-FARTHEST, FARTHEST)
        if finite.size and finite.min() < finite.max():
            return float(finite.min()), float(finite.max())
    return 0.0, 1.0


def contact_sheet(
    samples: Shaped[np.ndarray, "n ..."],
    limits: tuple[float, float],
    *,
    frames: Mapping[int, str] | None = None,
    places: Int[np.ndarray, "rows columns"] | None = None,
) -> Sheet:
    """The first pictures in a square grid; what is not finite is black. `frames` gives some a frame of a colour.

    `places` says instead which picture is where; nothing is where it is negative.
    """
    if not is_image(samples):
        raise InvalidArgument(f"samples of shape {samples.shape} are no pictures; expected (n, c, h, w) or (n, h, w)")
    drawn = samples[:TILES] if places is None else samples[places.ravel()]
    tiles = [_shrink(tile) for tile in _to_bytes(channels_last(drawn), limits)]
    if places is not None:
        tiles = [
            tile if place >= 0 else np.full_like(tile, 255) for tile, place in zip(tiles, places.flat, strict=True)
        ]
    columns = min(8, int(np.ceil(np.sqrt(len(tiles))))) if places is None else places.shape[1]
    gap = 1
    if frames is not None:
        gap, tiles = 3, [np.broadcast_to(tile, (*tile.shape[:2], 3)) for tile in tiles]
    sheet = _grid(tiles, columns, gap=gap, frames=frames)
    scale = max(WIDTH // sheet.shape[1], 1)
    return Sheet(_data_uri(sheet), sheet.shape[1] * scale, sheet.shape[0] * scale, len(tiles))


def thumbnail(samples: Shaped[np.ndarray, "n ..."], limits: tuple[float, float]) -> str:
    """The first four or sixteen pictures, small enough for a row of a table."""
    side = max(channels_last(samples[:1]).shape[1:3])
    tiles = _to_bytes(channels_last(samples[: 16 if side <= 32 else 4]), limits)
    columns = int(np.ceil(np.sqrt(len(tiles))))
    edge = max(THUMBNAIL // columns, 1)
    return _data_uri(_grid([_shrink(tile, edge) for tile in tiles], columns, gap=0))


@dataclass(frozen=True)
class Plane:
    """Where points are drawn: their own two numbers, or the first two principal directions of `basis`."""

    centre: Float[np.ndarray, " d"]
    directions: Float[np.ndarray, "k d"]

    @classmethod
    def of(cls, basis: Shaped[np.ndarray, "m ..."]) -> "Plane":
        """The plane for samples like these; the signs of the directions are fixed, so that it is always the same."""
        flat = _flat(basis[:MOST_BASIS])
        if flat.shape[1] <= 2 or not len(flat):
            return cls(np.zeros(flat.shape[1]), np.eye(min(flat.shape[1], 2), flat.shape[1]))
        centre = flat.mean(axis=0)
        directions = np.linalg.svd(flat - centre, full_matrices=False)[2][:2]
        largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
        return cls(centre, directions * np.sign(largest))

    def points(self, samples: Shaped[np.ndarray, "n ..."]) -> Float[np.ndarray, "k 2"]:
        """The finite samples in the plane; one number a sample is spread evenly over the height."""
        flat = (_flat(samples) - self.centre) @ self.directions.T
        if flat.shape[1] == 1:
            return np.column_stack([flat[:, 0], np.linspace(0, 1, len(flat))])
        return np.asarray(flat, dtype=np.float64)


def _flat(samples: Shaped[np.ndarray, "n ..."]) -> Float[np.ndarray, "k d"]:
    flat = samples.reshape(len(samples), -1).astype(np.float64)
    return flat[np.isfinite(flat).all(axis=1)].clip(-FARTHEST, FARTHEST)


def _to_bytes(pictures: Shaped[np.ndarray, "n h w c"], limits: tuple[float, float]) -> UInt8[np.ndarray, "n h w c"]:
    low, high = limits
    within = np.nan_to_num(pictures.astype(np.float64), nan=low, posinf=high, neginf=low).clip(low, high)
    return ((within - low) / (high - low) * 255).round().astype(np.uint8)


def _grid(
    tiles: list[UInt8[np.ndarray, "h w c"]], columns: int, *, gap: int, frames: Mapping[int, str] | None = None
) -> UInt8[np.ndarray, "H W c"]:
    height, width, channels = tiles[0].shape
    rows = -(-len(tiles) // columns)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, channels), 255, dtype=np.uint8)
    for number, tile in enumerate(tiles):
        y, x = number // columns * (height + gap) + gap, number % columns * (width + gap) + gap
        if frames and number in frames:
            sheet[y - gap : y + height + gap, x - gap : x + width + gap] = ImageColor.getrgb(frames[number])
        sheet[y : y + height, x : x + width] = tile
    return sheet


def _shrink(tile: UInt8[np.ndarray, "h w c"], longest: int = LONGEST) -> UInt8[np.ndarray, "h2 w2 c"]:
    height, width, channels = tile.shape
    factor = max(height, width) / longest
    if factor <= 1:
        return tile
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    small = Image.fromarray(tile.squeeze(2) if channels == 1 else tile).resize(size, Image.Resampling.BOX)
    return np.asarray(small, dtype=np.uint8).reshape(size[1], size[0], channels)


def _data_uri(sheet: UInt8[np.ndarray, "h w c"]) -> str:
    image = Image.fromarray(sheet.squeeze(2) if sheet.shape[2] == 1 else sheet)
    stream = io.BytesIO()
    if sheet.size <= PNG_BYTES:
        image.save(stream, "PNG", optimize=True)
        return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
    image.save(stream, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()
