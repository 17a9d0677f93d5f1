"""Generated points over real ones, in the plane."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image, ImageColor

from ._batches import THUMBNAIL
from ._style import AXIS, GENERATED, LEGEND, REAL, Figure, layout
from ._view import View

MOST_REAL, MOST_GENERATED = 1000, 500


def cloud_figure(view: View, clouds: list[np.ndarray], real: np.ndarray | None, *, size: int) -> Figure:
    """The first of the clouds over the real points; `size` numbers make a sample."""
    common: dict[str, Any] = {"type": "scatter", "mode": "markers", "hovertemplate": "%{x:.3~g}, %{y:.3~g}"}
    first = clouds[0][:MOST_GENERATED]
    data = [
        common
        | {"name": view.say("generated"), "x": first[:, 0], "y": first[:, 1]}
        | {"marker": {"color": GENERATED, "size": 5, "opacity": 0.8}}
    ]
    if real is not None:
        data.append(real_trace(view, real[:: -(-len(real) // MOST_REAL)]))
    return {"data": data, "layout": plane_look(view, np.concatenate(clouds) if real is None else real, size=size)}


def real_trace(view: View, points: np.ndarray) -> dict[str, Any]:
    """Real points, below all others."""
    marker = {"color": REAL, "size": 4, "opacity": 0.3}
    place = {"x": points[:, 0], "y": points[:, 1], "zorder": -1}
    said = {"name": view.say("real data"), "hovertemplate": "%{x:.3~g}, %{y:.3~g}"}
    return {"type": "scatter", "mode": "markers", "marker": marker} | place | said


def plane_look(view: View, points: np.ndarray, *, size: int) -> dict[str, Any]:
    """The frame of the plane: that of these points, whatever the slider shows."""
    named = {1: ("sample", "no meaning: spread out"), 2: ("first coordinate", "second coordinate")}
    across, up = named.get(size, ("first principal direction", "second principal direction"))
    low, high = _limits(points)
    look = layout(
        height=520,
        margin={"l": 60, "r": 40, "t": 40, "b": 48},
        hovermode="closest",
        legend=LEGEND,
        xaxis=AXIS | {"title": {"text": view.say(across)}, "range": [low[0], high[0]]},
        yaxis=AXIS | {"title": {"text": view.say(up)}, "range": [low[1], high[1]]},
    )
    if size != 1:
        look["yaxis"] |= {"scaleanchor": "x", "scaleratio": 1}
    return look


def cloud_thumbnail(cloud: np.ndarray, real: np.ndarray | None) -> str:
    """The points as a picture, small enough for a row of a table."""
    (left, down), (right, up) = _limits(cloud if real is None else real)
    size = np.array([right - left, up - down])
    canvas = np.zeros((THUMBNAIL, THUMBNAIL, 4), dtype=np.uint8)
    for points, colour, alpha in ((real, REAL, 110), (cloud, GENERATED, 255)):
        if points is None:
            continue
        place = ((points - [left, down]) / size * THUMBNAIL).astype(np.float64)
        inside = place[((place >= 0) & (place < THUMBNAIL)).all(axis=1)].astype(int)
        canvas[THUMBNAIL - 1 - inside[:, 1], inside[:, 0]] = (*ImageColor.getrgb(colour)[:3], alpha)
    stream = io.BytesIO()
    Image.fromarray(canvas).save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def _limits(points: np.ndarray) -> tuple[list[float], list[float]]:
    """A frame that stays while the slider moves: the points' own, a quarter wider."""
    if not len(points):
        return [-1.0, -1.0], [1.0, 1.0]
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, (high - low) / 4, 1.0)
    return (low - margin).tolist(), (high + margin).tolist()
