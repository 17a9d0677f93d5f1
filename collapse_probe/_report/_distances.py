"""How far generated samples are from each other, beside real ones; and whether the latents have a say in it."""

from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from scipy.spatial.distance import pdist
from scipy.stats import rankdata

from ..errors import CollapseProbeError
from ._batches import FARTHEST, channels_last, is_image
from ._style import AXIS, GENERATED, REAL, Figure, layout, plain
from ._view import View

SIDE, MOST_NUMBERS, MOST_SAMPLES, BINS, MOST_PAIRS = 16, 4096, 128, 40, 250


def features(samples: Shaped[np.ndarray, "n ..."]) -> Float[np.ndarray, "n d"]:
    """What distances are taken between: pictures averaged down to 16 × 16, the first 4,096 numbers of anything else."""
    pictures_given = is_image(samples)
    if not pictures_given:
        samples = samples.reshape(len(samples), -1)[:, :MOST_NUMBERS]
    values = np.nan_to_num(samples.astype(np.float64), nan=0.0, posinf=FARTHEST, neginf=-FARTHEST)
    values = values.clip(-FARTHEST, FARTHEST)
    if pictures_given:
        pictures = channels_last(values)
        height, width = pictures.shape[1:3]
        for axis, size in ((1, height), (2, width)):
            edges = np.unique(np.linspace(0, size, min(size, SIDE) + 1).astype(int))[:-1]
            counts = np.diff([*edges, size]).reshape([-1 if each == axis else 1 for each in range(4)])
            pictures = np.add.reduceat(pictures, edges, axis=axis) / counts
        values = pictures
    return values.reshape(len(values), -1)


def distances_figure(view: View, batches: list[np.ndarray]) -> tuple[Figure, list[dict[str, Any]]] | None:
    """Shares of the distances between any two samples of a batch, beside those of real ones, and how they move."""
    real = view.reference
    if real is None or real[0].shape != batches[0][0].shape or len(real) < 2 or min(map(len, batches)) < 2:
        return None
    among_real = pdist(features(real[:MOST_SAMPLES]))
    found = [pdist(features(batch[:MOST_SAMPLES])) for batch in batches]
    # Half as far again as real samples are; what is farther counts in the last bin.
    edges = np.linspace(0, 1.5 * (float(among_real.max()) or 1.0), BINS + 1)
    shares = [_shares(distances, edges) for distances in found]
    centres = (edges[:-1] + edges[1:]) / 2
    common = {"type": "scatter", "mode": "lines", "x": centres}
    hover = "%{x:.3~g}: %{y:.1%}"
    data = [
        common
        | {"name": view.say("generated"), "y": shares[0], "fill": "tozeroy", "hovertemplate": hover}
        | {"line": {"color": GENERATED, "shape": "hvh"}},
        common
        | {"name": view.say("real data"), "y": _shares(among_real, edges), "hovertemplate": hover}
        | {"line": {"color": REAL, "dash": "dash", "shape": "hvh"}},
    ]
    # Copies of one picture stand at zero, all pairs of them: the axis keeps what a varied batch needs.
    top = max(float(_shares(among_real, edges).max()) * 2.5, 0.02)
    title = view.say("distance between two samples")
    return {"data": data, "layout": _look(title, view.say("share of the pairs"), [0, min(top, 1.02)])}, [
        {"y": [each]} for each in shares
    ]


def latents_figure(view: View) -> tuple[Figure, list[dict[str, Any]], list[str]] | None:
    """How far two samples are from each other against how far their latents are, and the rank correlation of the two.

    Where samples have labels, of two samples of one class: else the class would be most of what is seen. None unless
    every batch shown was stored with its latents.
    """
    pairs = []
    for step, batch in view.shown.items():
        try:
            capture = view.run.capture(step)
        except CollapseProbeError:
            return None
        latents = capture.get("latents")
        if latents is None or latents.ndim < 1 or len(latents) != len(batch) or len(batch) < 3:
            return None
        kept = MOST_SAMPLES
        alike = _of_one_class(capture.get("labels"), len(batch))
        pairs.append((pdist(features(latents[:kept]))[alike], pdist(features(batch[:kept]))[alike]))
    if not pairs:
        return None
    told = [view.say("rank correlation {value}", value=f"{_correlation(z, x):.2f}") for z, x in pairs]
    thinned = [(z[:: -(-len(z) // MOST_PAIRS)], x[:: -(-len(x) // MOST_PAIRS)]) for z, x in pairs]
    moves = [{"x": [z], "y": [x]} for z, x in thinned]
    trace = {"type": "scatter", "mode": "markers", "x": thinned[0][0], "y": thinned[0][1], "showlegend": False}
    marker = {"color": GENERATED, "size": 5, "opacity": 0.6}
    trace |= {"marker": marker, "hovertemplate": "z %{x:.3~g}, x %{y:.3~g}<extra></extra>"}
    top = 1.05 * max(float(x.max()) for _, x in pairs)
    look = _look(view.say("distance between two latents"), view.say("distance between their samples"), [0, top or 1])
    return {"data": [trace], "layout": look | {"hovermode": "closest"}}, moves, told


def _of_one_class(labels: np.ndarray | None, rows: int) -> np.ndarray | slice:
    """Which pairs, in the order of `pdist`, are of one class; all of them where that is not known of enough."""
    if labels is None or labels.shape != (rows,):
        return slice(None)
    labels = labels[:MOST_SAMPLES]
    first, second = np.triu_indices(len(labels), 1)
    alike: np.ndarray = labels[first] == labels[second]
    return alike if alike.sum() >= 3 else slice(None)


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's; 0 where one of them is constant."""
    ranks = rankdata(first), rankdata(second)
    if ranks[0].std() == 0 or ranks[1].std() == 0:
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])


def _shares(distances: np.ndarray, edges: np.ndarray) -> np.ndarray:
    counts = np.histogram(distances.clip(edges[0], edges[-1]), edges)[0]
    return np.asarray(counts / max(len(distances), 1), dtype=np.float64)


def _look(across: str, up: str, limits: list[float]) -> dict[str, Any]:
    return layout(
        height=340,
        margin={"l": 68, "r": 40, "t": 40, "b": 48},
        hovermode="x",
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        xaxis=AXIS | {"title": {"text": plain(across)}, "rangemode": "tozero"},
        yaxis=AXIS | {"title": {"text": plain(up)}, "range": limits, "tickformat": ".2~g"},
    )
