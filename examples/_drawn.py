"""Pictures that the examples draw, so that nothing has to be downloaded: bricks, faces and three animals."""

import math
import random
from collections.abc import Callable

import torch
from _pictures import as_tensor
from PIL import Image, ImageDraw
from torch import Tensor

BRICKS = [(1, 1, 3), (1, 2, 3), (2, 2, 3), (2, 3, 3), (2, 4, 3), (1, 4, 3), (2, 4, 1), (2, 2, 1), (1, 4, 1), (2, 2, 6)]
"""Studs across, studs along, height in plates."""


def brick(random_: random.Random, side: int) -> tuple[Image.Image, str]:
    """One of ten bricks on a light ground, turned, seen from above, and lit from somewhere; and which one it is."""
    across, along, plates = random_.choice(BRICKS)
    kind = f"{across}x{along}x{plates}"
    if random_.random() < 0.5:
        across, along = along, across
    turn, raised, height = random_.uniform(0, math.pi / 2), random_.uniform(0.5, 0.9), 0.4 * plates
    scale = side * random_.uniform(0.17, 0.19)
    light, colour, ground = random_.uniform(0, 1), random_.uniform(0.45, 1.0), random_.randint(225, 255)
    cosine, sine = math.cos(turn), math.sin(turn)

    def seen(x: float, y: float, z: float) -> tuple[float, float]:
        x, y, z = x - across / 2, y - along / 2, z - height / 2
        depth = sine * x + cosine * y
        return side / 2 + scale * (cosine * x - sine * y), side / 2 + scale * (
            depth * math.sin(raised) - z * math.cos(raised)
        )

    def shade(brightness: float) -> int:
        return round(210 * colour * (0.25 + 0.75 * brightness))

    image = Image.new("L", (side, side), ground)
    draw = ImageDraw.Draw(image)
    w, d, h = across, along, height
    # Turned by less than a quarter, these two sides and the top are in view.
    draw.polygon([seen(*at) for at in ((0, d, 0), (w, d, 0), (w, d, h), (0, d, h))], shade(0.3 + 0.4 * light))
    draw.polygon([seen(*at) for at in ((w, 0, 0), (w, d, 0), (w, d, h), (w, 0, h))], shade(0.7 - 0.4 * light))
    draw.polygon([seen(*at) for at in ((0, 0, h), (w, 0, h), (w, d, h), (0, d, h))], shade(0.9))
    radius, flat = 0.3 * scale, 0.3 * scale * math.sin(raised)
    studs = [(i + 0.5, j + 0.5) for i in range(across) for j in range(along)]
    for x, y in sorted(studs, key=lambda at: sine * at[0] + cosine * at[1]):
        for lift, brightness in ((0.0, 0.45), (0.1, 0.45), (0.2, 1.0)):
            u, v = seen(x, y, height + lift)
            draw.ellipse((u - radius, v - flat, u + radius, v + flat), shade(brightness))
    return image, kind


def bricks(count: int, size: int, seed: int = 0) -> tuple[Tensor, list[str]]:
    """Grey bricks, and which of the ten each is."""
    return _pictured(brick, count, size, random.Random(seed))


def _pictured(
    draw: Callable[[random.Random, int], tuple[Image.Image, str]], count: int, size: int, random_: random.Random
) -> tuple[Tensor, list[str]]:
    """Drawn four times as large, since Pillow's edges are not smooth."""
    pictures, kinds = zip(*[draw(random_, 4 * size) for _ in range(count)], strict=True)
    return torch.stack([as_tensor(picture, size) for picture in pictures]), list(kinds)


def face(random_: random.Random, side: int) -> tuple[Image.Image, str]:
    """A face in pencil on white paper: head, hair, eyes, brows, nose, mouth, and sometimes glasses; and its kind."""
    between = random_.uniform
    image = Image.new("L", (side, side), 255)
    draw = ImageDraw.Draw(image)
    pencil = max(side // 40, 1)

    def oval(x: float, y: float, width: float, height: float, **more: int) -> None:
        box = [(x - width) * side, (y - height) * side, (x + width) * side, (y + height) * side]
        draw.ellipse(box, outline=random_.randint(0, 60), width=pencil, **more)

    def line(*points: tuple[float, float]) -> None:
        at = [(x * side, y * side) for x, y in points]
        draw.line(at, random_.randint(0, 60), pencil, joint="curve")

    x, y, wide, high = between(0.46, 0.54), between(0.5, 0.56), between(0.24, 0.36), between(0.32, 0.4)
    hair, look, apart = random_.choice(("none", "short", "long", "curls")), between(-0.015, 0.015), between(0.35, 0.5)
    if hair == "long":
        oval(x, y + 0.02, wide + 0.07, high + 0.06, fill=random_.randint(60, 200))
    oval(x, y, wide, high, fill=255)
    for left in (-1, 1):
        eye = x + left * apart * wide
        oval(eye, y - 0.06, 0.06, between(0.025, 0.045))
        oval(eye + look, y - 0.06, 0.018, 0.018, fill=30)
        line((eye - 0.07, y - 0.14 + between(-0.02, 0.02)), (eye + 0.07, y - 0.14 + between(-0.02, 0.02)))
    if hair == "short":
        draw.chord(
            [(x - wide) * side, (y - high) * side, (x + wide) * side, (y + 0.3 * high) * side],
            190, 350, fill=random_.randint(40, 160),
        )  # fmt: skip
    elif hair == "curls":
        for at in range(7):
            oval(x + (at - 3) * wide / 3.2, y - high * (1 - 0.06 * (at - 3) ** 2), 0.06, 0.06, fill=200)
    glasses = random_.random() < 0.25
    if glasses:
        for left in (-1, 1):
            oval(x + left * apart * wide, y - 0.06, 0.1, 0.08)
        line((x - 0.03, y - 0.06), (x + 0.03, y - 0.06))
    line((x, y - 0.02), (x + random_.choice((-1, 1)) * between(0.02, 0.05), y + 0.1), (x, y + 0.11))
    smile, mouth, low = between(-0.06, 0.06), between(0.07, 0.15), y + between(0.17, 0.23)
    line((x - mouth, low - smile), (x, low + smile / 2), (x + mouth, low - smile))
    return image, f"{hair}, glasses" if glasses else hair


def faces(count: int, size: int, seed: int = 0) -> tuple[Tensor, list[str]]:
    """Pencil faces, and the hair of each, with or without glasses."""
    return _pictured(face, count, size, random.Random(seed))


def animal(kind: str, random_: random.Random, side: int) -> Image.Image:
    """The head of a dog, a cat or a bird, from the front or, the bird, from the side."""
    image = Image.new("L", (side, side), 255)
    draw = ImageDraw.Draw(image)
    x, y, radius = (side * random_.uniform(*where) for where in ((0.46, 0.54), (0.5, 0.58), (0.26, 0.31)))
    fur, dark = random_.randint(120, 190), random_.randint(20, 70)

    def oval(u: float, v: float, width: float, height: float, fill: int) -> None:
        at_x, at_y, wide, high = x + u * radius, y + v * radius, width * radius, height * radius
        draw.ellipse((at_x - wide, at_y - high, at_x + wide, at_y + high), fill)

    def triangle(*corners: tuple[float, float], fill: int) -> None:
        draw.polygon([(x + u * radius, y + v * radius) for u, v in corners], fill)

    if kind == "bird":
        triangle((0.8, -0.3), (1.7, 0.05), (0.8, 0.35), fill=dark)
        oval(0, 0, 1, 1, fur)
        oval(0.45, -0.25, 0.17, 0.17, dark)
        return image
    for left in (-1, 1):
        if kind == "cat":
            triangle((left * 0.95, -0.2), (left * 0.9, -1.5), (left * 0.1, -0.9), fill=fur)
    oval(0, 0, 1, 1, fur)
    for left in (-1, 1):
        if kind == "dog":
            oval(left * 1.0, 0.05, 0.3, 0.85, dark)
        oval(left * 0.4, -0.2, 0.15, 0.15, dark)
    oval(0, 0.35, 0.28, 0.2, dark)
    return image


def animals(count: int, size: int) -> tuple[Tensor, list[str]]:
    """A third each dogs, cats and birds, and which of them each picture is."""
    random_ = random.Random(0)
    kinds = [("dog", "cat", "bird")[index % 3] for index in range(count)]
    return torch.stack([as_tensor(animal(kind, random_, 4 * size), size) for kind in kinds]), kinds
