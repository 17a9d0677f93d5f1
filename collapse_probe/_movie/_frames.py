"""One frame: a contact sheet of pictures or a cloud of points, with a line above it."""

import numpy as np
from jaxtyping import Float, Shaped
from PIL import Image, ImageDraw, ImageFont

from .._harmless import harmless
from .._report._batches import Plane, channels_last, is_image
from ..errors import InvalidArgument

SIDE, TILES, LONGEST = 512, 64, 96
MARGIN, CAPTION, FONT = 8, 30, 18
WHITE, BLACK, GREY = (255, 255, 255), (30, 30, 30), (190, 190, 190)
COLOURS = {"critical": (190, 30, 45), "warning": (176, 96, 0), "good": (0, 110, 80)}
BLUE = (31, 90, 180)
_MOST_POINTS = 2000


def contact_sheet(samples: Shaped[np.ndarray, "n ..."], limits: tuple[float, float]) -> Image.Image:
    """The first 64 pictures in a square grid, enlarged by a whole number as far as there is room."""
    if not is_image(samples):
        raise InvalidArgument(f"samples of shape {samples.shape} are no pictures; expected (n, c, h, w) or (n, h, w)")
    low, high = limits
    values = np.nan_to_num(channels_last(samples[:TILES]).astype(np.float64), nan=low, posinf=high, neginf=low)
    # Halves: of two limits as far apart as can be, the difference would not fit its own type.
    share = (values.clip(low, high) / 2 - low / 2) / (high / 2 - low / 2)
    tiles = [_tile(tile) for tile in (share * 255).round().astype(np.uint8)]
    columns = int(np.ceil(np.sqrt(len(tiles))))
    width, height = tiles[0].size
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * (width + 1) - 1, rows * (height + 1) - 1), WHITE)
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % columns * (width + 1), number // columns * (height + 1)))
    factor = max(SIDE // max(sheet.size), 1)
    return sheet.resize((sheet.width * factor, sheet.height * factor), Image.Resampling.NEAREST)


def _tile(values: Shaped[np.ndarray, "h w c"]) -> Image.Image:
    tile = Image.fromarray(values.squeeze(2) if values.shape[2] == 1 else values).convert("RGB")
    tile.thumbnail((LONGEST, LONGEST), Image.Resampling.BOX)
    return tile


def cloud(
    samples: Shaped[np.ndarray, "n ..."],
    *,
    plane: Plane,
    real: Float[np.ndarray, "m 2"] | None,
    last: Float[np.ndarray, "k 2"],
) -> Image.Image:
    """Points in the plane over those of real data; the frame is the real data's, or the last batch's, for all steps."""
    if samples[0].size != len(plane.centre):
        raise InvalidArgument(f"samples of {samples[0].size} numbers; expected {len(plane.centre)}, as in the others")
    within = real if real is not None and len(real) else last
    low, high = (within.min(axis=0), within.max(axis=0)) if len(within) else (np.full(2, -1.0), np.ones(2))
    centre, half = (low + high) / 2, float((high - low).max()) * 0.625 or 1.0
    picture = Image.new("RGB", (SIDE, SIDE), WHITE)
    draw = ImageDraw.Draw(picture)
    for points, colour, radius in ((real, GREY, 1.5), (plane.points(samples), BLUE, 2.5)):
        if points is None:
            continue
        places = ((points[:_MOST_POINTS] - centre) / half * (1, -1) + 1) / 2 * SIDE
        for x, y in places[((places > -radius) & (places < SIDE + radius)).all(axis=1)].tolist():
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return picture


def captioned(picture: Image.Image, text: str, severity: str) -> Image.Image:
    """The picture with a line above it; both sides are even numbers, as video wants them."""
    width, height = (2 * (-(-side // 2)) for side in (picture.width + 2 * MARGIN, picture.height + CAPTION + MARGIN))
    frame = Image.new("RGB", (max(width, SIDE + 2 * MARGIN), height), WHITE)
    frame.paste(picture, ((frame.width - picture.width) // 2, CAPTION))
    colour = COLOURS.get(severity, BLACK)
    # The font that Pillow brings knows no other letters.
    said = harmless(text).encode("ascii", "replace").decode()
    ImageDraw.Draw(frame).text((MARGIN, 5), said, fill=colour, font=ImageFont.load_default(FONT))
    return frame
