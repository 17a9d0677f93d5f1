"""The rows of a run's figure: what is drawn, from which columns, in which units."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ._bucket import bucket, measured
from ._marks import event_traces
from ._style import BLUE, GREEN, GREY, PURPLE, numbers, plain
from ._view import View

LOSSES = ("loss_d", "loss_g")
CANONICAL = ("canonical_loss_d", "canonical_loss_g")
NORMS = ("grad_norm_d", "grad_norm_g", "score_gradient_g")
OWN = frozenset({*LOSSES, *CANONICAL, *NORMS, "d_real", "d_fake", "edge", "time"})
EVENTS = "Events"
FEW = 60
"""Up to so many points of a line are marked one by one."""
EVENT_AXIS = {"type": "category", "fixedrange": True, "showgrid": False}
LOGARITHMIC = {"type": "log", "tickformat": "~g", "nticks": 4}
# Entries of the legend, each with its colour: who a line belongs to.
D, GENERATOR, REAL_DATA = ("discriminator", BLUE), ("generator and its samples", PURPLE), ("real data", GREEN)
OTHER = ("other", GREY)
REACHING = ("reaching the generator through the scores", GREY)


@dataclass(frozen=True)
class Row:
    """One stacked plot; `height` in pixels."""

    title: str
    subtitle: str
    traces: list[dict[str, Any]]
    axis: dict[str, Any] = field(default_factory=lambda: {"nticks": 5})
    height: int = 104


def rows(view: View, *, most: int) -> Iterator[Row]:
    """All rows in the order of the page; one without traces has no data in this run.

    No statistic is known by name here: what the run holds is drawn.
    """
    kinds = len({event.kind for event in view.events})
    yield Row(EVENTS, "from onset to the step that raised them", event_traces(view), EVENT_AXIS, 14 + 20 * kinds)
    yield from _training_rows(view, most)
    for name in view.columns:
        label = view.label(name)
        traces = _lines(view.statistics, {name: GENERATOR}, most)
        yield Row(label.title, label.subtitle, drawn := [*_band(view, name), *traces] if traces else [], _axis(drawn))


def _training_rows(view: View, most: int) -> Iterator[Row]:
    steps = view.steps
    given = steps[list(LOSSES)].notna().any(axis=None)
    source = "as the training loop gave them" if given else "canonical, computed from D's scores: the loop gave none"
    losses = dict(zip(LOSSES if given else CANONICAL, (D, GENERATOR), strict=True))
    yield Row("Losses", source, traces := _lines(steps, losses, most), _axis(traces))
    said = "2·AUC − 1 of its scores: 0 cannot tell real from generated, 1 always can"
    low = float(np.fmin.reduce(steps["edge"].to_numpy(), initial=0.0)) - 0.05
    yield Row("Edge of the discriminator", said, _lines(steps, {"edge": D}, most), {"range": [low, 1.05], "nticks": 5})
    scores = _lines(steps, {"d_real": REAL_DATA, "d_fake": GENERATOR}, most)
    yield Row("Scores of the discriminator", "batch means, in its own output units", scores, _axis(scores))
    norms = {name: what for name, what in zip(NORMS, (D, GENERATOR, REACHING), strict=True) if name in steps}
    zero = (steps[list(norms)] == 0).any(axis=None)
    reaching = "; grey: sum of |dL/dscore|, what reaches the generator through the discriminator"
    note = (
        "L2, logarithmic" + (reaching if NORMS[-1] in norms else "") + ("; zeros lie on the lower edge" if zero else "")
    )
    yield Row("Gradient norms", note, _lines(_lifted(steps[list(norms)]), norms, most), LOGARITHMIC)
    for name in view.scalars:
        if name not in OWN:
            traces = _lines(steps, {name: OTHER}, most)
            yield Row(name, "logged by the training loop", traces, _axis(traces))


def _lines(table: pd.DataFrame, columns: dict[str, tuple[str, str]], most: int) -> list[dict[str, Any]]:
    traces = []
    for column, (legend, colour) in columns.items():
        values = table[column].to_numpy(dtype=float)
        if not np.isfinite(values).any():
            continue
        x, y = bucket(*measured(table.index.to_numpy(), values), most=most)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if len(x) <= FEW or _has_single_points(y) else "lines",
                "name": legend,
                "meta": column,
                "x": x.tolist(),
                "y": numbers(y),
                "line": {"color": colour, "width": 1.25},
                "marker": {"size": 4, "color": colour},
                "legendgroup": legend,
                "showlegend": legend != OTHER[0],
                "hovertemplate": f"{plain(column)} <b>%{{y:.4~g}}</b><extra></extra>",
            }
        )
    return traces


def _axis(traces: list[dict[str, Any]]) -> dict[str, Any]:
    """Chosen by the figure, but for a line that is constant: it would be drawn within ± 1, whatever its size."""
    values = {value for trace in traces for value in trace["y"] if value is not None}
    if len(values) != 1:
        return {"nticks": 5}
    (value,) = values
    reach = abs(value) / 2 or 1.0
    return {"nticks": 3, "range": [value - reach, value + reach]}


def _has_single_points(y: np.ndarray) -> bool:
    """Whether a point has a gap on both sides: a line alone would not show it."""
    finite = np.pad(np.isfinite(y), 1)
    return bool((finite[1:-1] & ~finite[:-2] & ~finite[2:]).any())


def _lifted(table: pd.DataFrame) -> pd.DataFrame:
    """Zeros raised to a tenth of the smallest positive value, since a logarithmic axis has no zero."""
    values = table.to_numpy(dtype=float)
    positive = values[values > 0]
    return table.mask(table == 0, positive.min() / 10 if positive.size else 1e-12)


def _band(view: View, name: str) -> list[dict[str, Any]]:
    band = view.bands.get(name)
    if band is None or not np.isfinite(band.mean):
        return []
    first, last = int(view.statistics.index[0]), int(view.statistics.index[-1])
    common = {"type": "scatter", "legendgroup": "band", "meta": "band", "name": "real data, mean ± 2 sd (band)"}
    mean = {"mode": "lines", "x": [first, last], "y": numbers([band.mean] * 2), "showlegend": False}
    mean |= {"line": {"color": GREEN, "width": 1, "dash": "dot"}, "hovertemplate": "real data %{y:.4~g}<extra></extra>"}
    if not band.sd > 0:
        return [common | mean]
    low, high = band.mean - 2 * band.sd, band.mean + 2 * band.sd
    area = {"x": [first, last, last, first], "y": numbers([low, low, high, high]), "mode": "none", "fill": "toself"}
    return [common | area | {"fillcolor": "rgba(0,158,115,0.18)", "hoverinfo": "skip"}, common | mean]
