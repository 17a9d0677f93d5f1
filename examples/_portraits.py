"""Portraits that examples/portraits.py draws, 178×218 in colour and aligned as CelebA's photographs are."""

import random

import torch
from _pictures import as_tensor
from PIL import Image, ImageDraw
from torch import Tensor

WIDTH, HEIGHT = 178, 218
Colour = tuple[int, int, int]


def portrait(random_: random.Random) -> Image.Image:
    """Head and shoulders before a wall, lit from one side; eyes, nose and mouth are where they are in all others."""
    between = random_.uniform
    image = Image.new("RGB", (WIDTH, HEIGHT), _colour(random_, 40, 230))
    draw = ImageDraw.Draw(image)

    def oval(x: float, y: float, width: float, height: float, fill: Colour) -> None:
        draw.ellipse((x - width, y - height, x + width, y + height), fill)

    x, y, wide, high = between(86, 92), between(118, 124), between(37, 46), between(52, 60)
    tone, light = between(0.3, 1.0), random_.choice((-1, 1))
    skin = _mixed((80, 48, 32), (250, 215, 190), tone)
    hair = random_.choice(((30, 24, 20), (70, 42, 24), (120, 76, 40), (200, 160, 90), (150, 60, 30), (140, 138, 136)))
    style = random_.choice(("short", "short", "long", "long", "bald"))
    if style == "long":
        oval(x, y + 10, wide + between(12, 22), high + between(14, 24), hair)
        draw.rectangle((x - wide - 14, y, x + wide + 14, y + high + 16), hair)
    oval(x, HEIGHT + 18, between(66, 88), 50, _colour(random_, 10, 240))
    draw.rectangle((x - 15, y + high - 16, x + 15, HEIGHT - 22), _mixed(skin, (0, 0, 0), 0.2))
    oval(x, y, wide, high, skin)
    draw.chord((x - wide, y - high, x + wide, y + high), -85 if light > 0 else 95, 85 if light > 0 else 265,
               _mixed(skin, (0, 0, 0), 0.12))  # fmt: skip
    if style != "bald":
        top = between(0.3, 0.5) * high
        draw.chord((x - wide - 3, y - high - 8, x + wide + 3, y + high - top), 190, 350, hair)
    glasses, open_ = random_.random() < 0.15, between(4, 6.5)
    for left in (-1, 1):
        eye = x + left * 18
        oval(eye, y - 8, 8, open_, (245, 245, 245))
        oval(eye, y - 8, 4, 4, random_.choice(((60, 90, 140), (70, 45, 25), (60, 100, 60))))
        draw.line((eye - 10, y - 22, eye + 10, y - 22 + between(-3, 3)), _mixed(hair, (0, 0, 0), 0.3), 4)
        if glasses:
            draw.ellipse((eye - 14, y - 20, eye + 14, y + 5), outline=(20, 20, 20), width=3)
    draw.line((x, y - 4, x + light * 6, y + 18, x - light * 2, y + 20), _mixed(skin, (0, 0, 0), 0.3), 3)
    smile, mouth = between(-2, 8), between(12, 20)
    draw.chord((x - mouth, y + 32 - smile, x + mouth, y + 36 + smile), 0, 180, (170, 50, 60))
    draw.line((x - mouth, y + 34, x + mouth, y + 34), (130, 40, 45), 3)
    return image


def _colour(random_: random.Random, low: int, high: int) -> Colour:
    return random_.randint(low, high), random_.randint(low, high), random_.randint(low, high)


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + share * (b - a)) for a, b in zip(one, other, strict=True))
    return red, green, blue


def portraits(count: int, size: int) -> Tensor:
    """Cut to their middle square and scaled, (count, 3, size, size) in [-1, 1]."""
    random_ = random.Random(0)
    return torch.stack([as_tensor(portrait(random_), size) for _ in range(count)])
