"""Samples as pictures for a page, grey or in colour."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .screens import save

ACROSS, LINE, GAP = 16, 22, 16


def contact_sheet(samples: np.ndarray, *, columns: int, scale: int = 2) -> Image.Image:
    """Samples (n, 1 or 3, h, w) in [-1, 1], row by row, as wide as `columns` of them."""
    pixels = ((samples.clip(-1, 1) + 1) * 127.5).round().astype(np.uint8).transpose(0, 2, 3, 1)
    _, height, width, _ = pixels.shape
    sheet = Image.new("RGB", (columns * width, -(-len(pixels) // columns) * height), "white")
    for index, each in enumerate(pixels):
        picture = Image.fromarray(each[..., 0] if each.shape[-1] == 1 else each)
        sheet.paste(picture, (index % columns * width, index // columns * height))
    return sheet.resize((sheet.width * scale, sheet.height * scale), Image.Resampling.NEAREST)


def under_names(sheets: Mapping[str, Image.Image], target: Path, *, beside: bool = False) -> None:
    """Each sheet with its name above it, one below the other or side by side."""
    wide, high = ([sheet.size[axis] for sheet in sheets.values()] for axis in (0, 1))
    size = (
        (sum(wide) + GAP * (len(wide) - 1), max(high) + LINE) if beside else (max(wide), sum(high) + LINE * len(high))
    )
    whole, at = Image.new("RGB", size, "white"), (0, 0)
    for name, sheet in sheets.items():
        ImageDraw.Draw(whole).text((at[0] + 2, at[1] + 4), name, fill="black", font=ImageFont.load_default(14))
        whole.paste(sheet, (at[0], at[1] + LINE))
        at = (at[0] + sheet.width + GAP, 0) if beside else (0, at[1] + sheet.height + LINE)
    save(whole, target)
