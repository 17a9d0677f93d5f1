"""The rows of a run's figure: what is drawn, from which columns, in which units."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ._lines import Line, Lines
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
DECADES = 500.0
"""Positive values whose largest is so many times their smallest are drawn on a logarithmic axis."""
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


def rows(view: View) -> Iterator[Row]:
    """All rows in the order of the page; one without traces has no data in this run.

    No statistic is known by name here: what the run holds is drawn. Those of the discriminator begin with its name.
    """
    say = view.say
    kinds = len({event.kind for event in view.events})
    said = say("from onset (open) over the step that raised them (filled) to their end; shaded below")
    yield Row(say(EVENTS), said, event_traces(view), EVENT_AXIS, 14 + 20 * kinds)
    yield from _training_rows(view)
    for name in view.columns:
        label = view.label(name)
        traces = _drawn(view, view.statistic_lines, {name: D if name.startswith("discriminator_") else GENERATOR})
        band = _band(view, name) if traces else []
        for trace in traces:  # a capture is not of every step: what is read is that of the nearest, which is said
            real = f" {plain(view.say('real data'))} {view.bands[name].mean:.4g}," if band else ""
            said = f"<span style='color:{GREY}'>{real} {plain(view.say('step {step}', step='%{x:,d}'))}</span>"
            trace["hovertemplate"] = f"{plain(name)} <b>%{{y:.4~g}}</b>{said}<extra></extra>"
        yield Row(label.title, label.subtitle, [*band, *traces], _axis([*band, *traces]))


def _training_rows(view: View) -> Iterator[Row]:
    steps, lines, say = view.steps, view.step_lines, view.say
    given = steps[list(LOSSES)].notna().any(axis=None)
    source = "as the training loop gave them" if given else "canonical, computed from D's scores: the loop gave none"
    losses = dict(zip(LOSSES if given else CANONICAL, (D, GENERATOR), strict=True))
    yield Row(say("Losses"), say(source), traces := _drawn(view, lines, losses), _axis(traces))
    said = say("2·AUC − 1 of its scores: 0 cannot tell real from generated, 1 always can")
    low = float(lines.any_values(["edge"]).min(initial=0.0)) - 0.05
    edge = {"range": [low, 1.05], "nticks": 5}
    yield Row(say("Edge of the discriminator"), said, _drawn(view, lines, {"edge": D}), edge)
    scores = _drawn(view, lines, {"d_real": REAL_DATA, "d_fake": GENERATOR})
    yield Row(say("Scores of the discriminator"), say("batch means, in its own output units"), scores, _axis(scores))
    norms = {name: what for name, what in zip(NORMS, (D, GENERATOR, REACHING), strict=True) if name in steps}
    values = lines.any_values(norms)
    note = [say("L2, logarithmic")]
    if NORMS[-1] in norms:
        note.append(say("grey: sum of |dL/dscore|, what reaches the generator through the discriminator"))
    if (values == 0).any():
        note.append(say("zeros lie on the lower edge"))
    positive = values[values > 0]
    drawn = _drawn(view, lines, norms, zero=float(positive.min()) / 10 if positive.size else 1e-12)
    yield Row(say("Gradient norms"), "; ".join(note), drawn, LOGARITHMIC)
    for name in view.scalars:
        if name not in OWN:
            traces = _drawn(view, lines, {name: OTHER})
            yield Row(name, say("logged by the training loop"), traces, _axis(traces))


def _drawn(
    view: View, lines: Lines, columns: dict[str, tuple[str, str]], *, zero: float | None = None
) -> list[dict[str, Any]]:
    return [_trace(view, name, lines[name], what, zero) for name, what in columns.items() if name in lines]


def _trace(view: View, name: str, line: Line, what: tuple[str, str], zero: float | None) -> dict[str, Any]:
    legend, colour = what
    x, y = line
    if zero is not None:  # a logarithmic axis has no zero
        y = np.where(y == 0, zero, y)
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(x) <= FEW or _has_single_points(y) else "lines",
        "name": view.say(legend),
        "meta": name,
        "x": x,
        "y": np.where(np.isfinite(y), y, np.nan),
        "line": {"color": colour, "width": 1.25},
        "marker": {"size": 4, "color": colour},
        "legendgroup": legend,
        "showlegend": legend != OTHER[0],
        "hovertemplate": f"{plain(name)} <b>%{{y:.4~g}}</b><extra></extra>",
    }


def _axis(traces: list[dict[str, Any]]) -> dict[str, Any]:
    """Chosen by the figure; logarithmic over decades; and a constant would be drawn within ± 1, whatever its size."""
    every = np.concatenate([np.empty(0), *(np.asarray(trace["y"], dtype=np.float64) for trace in traces)])
    values = every[np.isfinite(every)]
    if len(values) and values.min() > 0 and values.max() / DECADES > values.min():
        return LOGARITHMIC
    if not len(values) or values.min() < values.max():
        return {"nticks": 5}
    value = float(values[0])
    reach = abs(value) / 2 or 1.0
    return {"nticks": 3, "range": [value - reach, value + reach]}


def _has_single_points(y: np.ndarray) -> bool:
    """Whether a point has a gap on both sides: a line alone would not show it."""
    finite = np.pad(np.isfinite(y), 1)
    return bool((finite[1:-1] & ~finite[:-2] & ~finite[2:]).any())


def _band(view: View, name: str) -> list[dict[str, Any]]:
    band = view.bands.get(name)
    if band is None or not np.isfinite(band.mean):
        return []
    ends = np.array([int(view.statistics.index[0]), int(view.statistics.index[-1])])
    common = {"type": "scatter", "legendgroup": "band", "meta": "band", "name": view.say("real data, mean ± 2 sd")}
    mean: dict[str, Any] = {"mode": "lines", "x": ends, "y": numbers([band.mean] * 2), "showlegend": False}
    mean |= {"line": {"color": GREEN, "width": 1, "dash": "dot"}, "hoverinfo": "skip"}
    if not band.sd > 0:
        return [common | mean]
    low, high = band.mean - 2 * band.sd, band.mean + 2 * band.sd
    area = {"x": ends[[0, 1, 1, 0]], "y": numbers([low, low, high, high]), "mode": "none", "fill": "toself"}
    return [common | area | {"fillcolor": "rgba(0,158,115,0.18)", "hoverinfo": "skip"}, common | mean]
