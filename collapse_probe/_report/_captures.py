"""What the slider of a run moves: the generated batch, and the parts of vector statistics."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ._batches import Plane, Sheet, contact_sheet, is_image, value_range
from ._figures import parts_figure
from ._strip import Strip, film_strip
from ._style import AXIS, GENERATED, REAL, Figure, layout, numbers
from ._view import View

MOST_REAL, MOST_GENERATED = 1000, 500


@dataclass
class Moving:
    """Figures that follow the slider, and what of them changes: `moves[figure]` is a list over the steps."""

    steps: list[int]
    captions: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    real: Sheet | None = None
    width: int = 0
    strip: Strip = field(default_factory=Strip)
    figures: dict[str, Figure] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    moves: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def moving(view: View) -> Moving:
    """Everything that the slider of this run moves."""
    found = Moving(view.slider)
    if view.shown:
        if is_image(next(iter(view.shown.values()))):
            _add_images(found, view)
        else:
            _add_points(found, view)
    if found.steps:
        for name in view.vectors:
            figure, heights = parts_figure(view, name)
            found.figures[name] = figure
            found.titles[name] = view.label(name).title
            found.moves[name] = [{"y": [row]} for row in heights]
    return found


def _add_images(found: Moving, view: View) -> None:
    batches = list(view.shown.values())
    reference = view.reference if view.reference is not None and is_image(view.reference) else None
    limits = value_range(view.run.info.get("value_range"), reference, *batches)
    sheets = [contact_sheet(batch, limits) for batch in batches]
    found.images = [sheet.uri for sheet in sheets]
    found.width = sheets[0].width
    found.strip = film_strip(view, found.steps, limits)
    found.captions = [
        f"{sheet.tiles:,} of {len(batch):,} samples{_not_finite(batch)}"
        for sheet, batch in zip(sheets, batches, strict=True)
    ]
    found.real = None if reference is None else contact_sheet(reference, limits)


def _add_points(found: Moving, view: View) -> None:
    batches = list(view.shown.values())
    reference = view.reference
    if reference is not None and reference[0].size != batches[0][0].size:
        reference = None
    plane = Plane.of(reference if reference is not None else np.concatenate(batches))
    clouds = [plane.points(batch) for batch in batches]
    real = plane.points(reference) if reference is not None else None
    real = real if real is not None and len(real) else None
    found.captions = [
        f"{min(len(cloud), MOST_GENERATED):,} of {len(batch):,} samples{_not_finite(batch)}"
        for cloud, batch in zip(clouds, batches, strict=True)
    ]
    moves = [{"x": [numbers(c[:MOST_GENERATED, 0])], "y": [numbers(c[:MOST_GENERATED, 1])]} for c in clouds]
    found.moves["batch"] = moves
    found.figures["batch"] = _cloud(moves[0], real, np.concatenate(clouds), batches[0][0].size)
    found.titles["batch"] = "Generated batch" + (" over real data" if real is not None else "")


def _cloud(first: dict[str, Any], real: np.ndarray | None, every: np.ndarray, size: int) -> Figure:
    common = {"type": "scatter", "mode": "markers"}
    hover = "%{x:.3~g}, %{y:.3~g}"
    data = [
        common
        | {"name": "generated", "x": first["x"][0], "y": first["y"][0], "hovertemplate": hover}
        | {"marker": {"color": GENERATED, "size": 5, "opacity": 0.8}}
    ]
    if real is not None:
        thinned = real[:: -(-len(real) // MOST_REAL)]
        data.append(
            common
            | {"name": "real data", "x": numbers(thinned[:, 0]), "y": numbers(thinned[:, 1]), "zorder": -1}
            | {"marker": {"color": REAL, "size": 4, "opacity": 0.3}, "hovertemplate": hover}
        )
    named = {1: ("sample", "no meaning: spread out"), 2: ("first coordinate", "second coordinate")}
    across, up = named.get(size, ("first principal direction", "second principal direction"))
    low, high = _limits(every if real is None else real)
    look = layout(
        height=520,
        margin={"l": 60, "r": 40, "t": 40, "b": 48},
        hovermode="closest",
        legend={
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 1.02,
            "yanchor": "bottom",
            "itemsizing": "constant",
        },
        xaxis=AXIS | {"title": {"text": across}, "range": [low[0], high[0]]},
        yaxis=AXIS | {"title": {"text": up}, "range": [low[1], high[1]]},
    )
    if size != 1:
        look["yaxis"] |= {"scaleanchor": "x", "scaleratio": 1}
    return {"data": data, "layout": look}


def _limits(points: np.ndarray) -> tuple[list[float], list[float]]:
    """A frame that stays while the slider moves: the points' own, a quarter wider."""
    if not len(points):
        return [-1.0, -1.0], [1.0, 1.0]
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, (high - low) / 4, 1.0)
    return (low - margin).tolist(), (high + margin).tolist()


def _not_finite(batch: np.ndarray) -> str:
    bad = int((~np.isfinite(batch.reshape(len(batch), -1)).all(axis=1)).sum())
    return f"; {bad:,} of them hold NaN or infinity" if bad else ""
