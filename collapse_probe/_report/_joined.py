"""Generated points, each joined to the real one that is nearest to it."""

from typing import Any

import numpy as np

from ._batches import Plane
from ._cloud import MOST_REAL, plane_look, real_trace
from ._neighbours import COPY, ODD, Neighbours, RealSamples
from ._style import GENERATED, GREY, Figure
from ._view import View

MOST = 128
Moves = list[dict[str, Any]]


def joined_figure(view: View, batches: list[np.ndarray], plane: Plane) -> tuple[Figure, Moves, list[str]] | None:
    """Lines, then the points that are neither copies nor odd, the copies, the odd ones; and real data, which stay.

    Nearest in all coordinates, also where the plane shows two directions of more. None without real data to compare
    with, and for samples of one number, which have no plane.
    """
    real = view.reference
    if real is None or len(real) < 3 or real[0].shape != batches[0][0].shape or real[0].size < 2:
        return None
    usable = real[np.isfinite(real.reshape(len(real), -1)).all(axis=1)]
    finite = [batch[np.isfinite(batch.reshape(len(batch), -1)).all(axis=1)][:MOST] for batch in batches]
    if len(usable) < 3:
        return None
    known = RealSamples(usable)
    places = plane.points(known.samples)
    moves, captions = [], []
    for batch in finite:
        if len(batch) > 1:
            found = Neighbours.of(batch, known)
            moves.append(_moved(plane.points(batch), places, found))
            copies, odd = int(found.copy.sum()), int(found.odd.sum())
        else:  # one sample alone has no copies
            moves.append({"x": [np.empty(0)] * 4, "y": [np.empty(0)] * 4})
            copies = odd = 0
        said = "{copies} of {count} are copies of one another (orange), {odd} are unlike any real sample (blue)"
        captions.append(view.say(said, copies=copies, count=len(batch), odd=odd))
    names = ("nearest real sample", "generated", "copies of one another", "unlike any real sample")
    looks: list[dict[str, Any]] = [{"mode": "lines", "line": {"color": GREY, "width": 1}, "hoverinfo": "skip"}]
    looks += [
        {"mode": "markers", "marker": {"color": colour, "size": 6}, "hovertemplate": "%{x:.3~g}, %{y:.3~g}"}
        for colour in (GENERATED, COPY, ODD)
    ]
    data = [
        {"type": "scatter", "name": view.say(name), "x": x, "y": y} | look
        for name, look, x, y in zip(names, looks, moves[0]["x"], moves[0]["y"], strict=True)
    ]
    data.append(real_trace(view, places[:MOST_REAL]))
    return {"data": data, "layout": plane_look(view, places, size=real[0].size)}, moves, captions


def _moved(points: np.ndarray, real: np.ndarray, found: Neighbours) -> dict[str, Any]:
    nearest = real[found.nearest]
    gap = np.full(len(points), np.nan)
    kinds = [~(found.copy | found.odd), found.copy, found.odd & ~found.copy]
    return {
        axis: [np.stack([points[:, i], nearest[:, i], gap], axis=1).ravel(), *(points[kind, i] for kind in kinds)]
        for i, axis in enumerate("xy")
    }
