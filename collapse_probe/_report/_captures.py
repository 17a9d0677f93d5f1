"""What the slider of a run moves: the generated batch, and what is computed from it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ._batches import Plane, Sheet, contact_sheet, is_image, thumbnail, value_range
from ._by_class import ByClass, by_class
from ._cloud import MOST_GENERATED, cloud_figure, cloud_thumbnail
from ._distances import distances_figure, latents_figure
from ._figures import parts_figure
from ._joined import joined_figure
from ._strip import MOST_NEIGHBOURS, Strip, film_strip, neighbour_strip, newest
from ._style import Figure
from ._view import View, thin

BATCH = "batch"


@dataclass
class Panel:
    """A figure that follows the slider: `moves` changes its first traces, and `captions` stand beside it.

    There is one of both for each step; or for fewer, and `shown` says which of them each step shows.
    """

    title: str
    figure: Figure
    moves: list[dict[str, Any]]
    captions: list[str] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)


@dataclass
class Moving:
    """Everything that the slider of a run moves, over its steps."""

    steps: list[int]
    captions: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    real: Sheet | None = None
    width: int = 0
    height: int = 0
    thumbnail: str = ""
    strip: Strip = field(default_factory=Strip)
    neighbours: Strip = field(default_factory=Strip)
    classes: ByClass = field(default_factory=ByClass)
    panels: dict[str, Panel] = field(default_factory=dict)


def moving(view: View) -> Moving:
    """Pictures or points, distances, latents, and the parts of vector statistics."""
    found = Moving(view.slider)
    batches = list(view.shown.values())
    if batches:
        if is_image(batches[0]):
            _add_images(found, view)
        else:
            _add_points(found, view)
        spread = distances_figure(view, batches)
        if spread is not None:
            found.panels["distances"] = Panel(view.say("Distances between samples"), *spread)
        latents = latents_figure(view)
        if latents is not None:
            found.panels["latents"] = Panel(view.say("Do the latents matter?"), *latents)
    if found.steps:
        for number, name in enumerate(view.vectors):
            figure, heights = parts_figure(view, name)
            moves = [{"y": [row]} for row in heights]
            found.panels[f"parts-{number}"] = Panel(view.label(name).title, figure, moves)
    return found


def _add_images(found: Moving, view: View) -> None:
    batches = list(view.shown.values())
    reference = view.reference if view.reference is not None and is_image(view.reference) else None
    limits = value_range(view.run.info.get("value_range"), reference, *batches)
    sheets = [contact_sheet(batch, limits) for batch in batches]
    found.images = [sheet.uri for sheet in sheets]
    found.width, found.height = sheets[0].width, sheets[0].height
    found.strip = film_strip(view, found.steps, limits)
    found.neighbours = neighbour_strip(view, found.steps, limits)
    found.classes = by_class(view, found.steps, limits)
    found.thumbnail = thumbnail(batches[-1], limits)
    found.captions = [_caption(view, sheet.tiles, batch) for sheet, batch in zip(sheets, batches, strict=True)]
    found.real = None if reference is None else contact_sheet(reference, limits)


def _add_points(found: Moving, view: View) -> None:
    figure, clouds, real, plane = cloud(view)
    shown = [min(len(each), MOST_GENERATED) for each in clouds]
    batches = view.shown.values()
    captions = [_caption(view, count, batch) for count, batch in zip(shown, batches, strict=True)]
    moves = [{"x": [each[:MOST_GENERATED, 0]], "y": [each[:MOST_GENERATED, 1]]} for each in clouds]
    found.thumbnail = cloud_thumbnail(clouds[-1], real)
    title = view.say("Generated batch over real data") if real is not None else view.say("Generated batch")
    found.panels[BATCH] = Panel(title, figure, moves, captions)
    steps = thin(found.steps, keep=view.turns[:4], most=MOST_NEIGHBOURS)
    joined = joined_figure(view, [view.shown[step] for step in steps], plane)
    if joined is not None:
        title = view.say("Each point and the nearest real one")
        said = [
            view.say("step {step}: {said}", step=f"{step:,}", said=each)
            for step, each in zip(steps, joined[2], strict=True)
        ]
        found.panels["neighbours"] = Panel(title, *joined[:2], said, newest(steps, found.steps))


def cloud(view: View) -> tuple[Figure, list[np.ndarray], np.ndarray | None, Plane]:
    """The first capture shown over real points; the points of all captures and of real data in its plane; the plane."""
    batches = list(view.shown.values())
    reference = view.reference
    if reference is not None and reference[0].size != batches[0][0].size:
        reference = None
    plane = Plane.of(reference if reference is not None else np.concatenate(batches))
    clouds = [plane.points(batch) for batch in batches]
    real = plane.points(reference) if reference is not None else None
    real = real if real is not None and len(real) else None
    return cloud_figure(view, clouds, real, size=batches[0][0].size), clouds, real, plane


def _caption(view: View, shown: int, batch: np.ndarray) -> str:
    said = view.say("{shown} of {count} samples", shown=f"{shown:,}", count=f"{len(batch):,}")
    bad = int((~np.isfinite(batch.reshape(len(batch), -1)).all(axis=1)).sum())
    return said + (view.say("; {count} of them hold NaN or infinity", count=f"{bad:,}") if bad else "")
