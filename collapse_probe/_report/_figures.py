"""The figures of a run over its training steps, and the parts of its vector statistics."""

from typing import Any

import numpy as np

from ._marks import lines, name_each_once, vertical
from ._rows import Row
from ._style import AXIS, GENERATED, GREY, LEGEND, REAL, Figure, layout, numbers, plain
from ._view import View

GAP, TOP, BOTTOM = 44, 92, 52
CELLS = 400
"""More columns than this a heat map does not draw; the captures of a stretch are averaged."""


def time_figure(view: View, found: list[Row]) -> Figure | None:
    """The rows that have data, over the training steps; None where none has.

    The last of the shapes is the cursor, which the page moves to the step that is shown.
    """
    drawn = [row for row in found if row.traces]
    if not drawn:
        return None
    inner = sum(row.height + GAP for row in drawn) - GAP
    data: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    titles = []
    above = 0
    for number, row in enumerate(drawn, start=1):
        axis = "" if number == 1 else str(number)
        top, bottom = 1 - above / inner, max(1 - (above + row.height) / inner, 0)
        axes[f"yaxis{axis}"] = AXIS | {"domain": [bottom, top]} | row.axis
        data += [trace | {"xaxis": "x", "yaxis": f"y{axis}"} for trace in row.traces]
        titles.append(_row_title(row, top))
        above += row.height + GAP
    name_each_once(data)
    cursor = vertical(view.slider[0] if view.slider else 0, GREY, "dot") | {"visible": bool(view.slider)}
    look = layout(
        height=inner + TOP + BOTTOM,
        margin={"l": 84, "r": 44, "t": TOP, "b": BOTTOM},
        hovermode="x unified",
        hoversubplots="axis",
        hoverdistance=-1,
        legend={"orientation": "h", "x": 0, "y": 1, "yref": "container", "yanchor": "top", "itemsizing": "constant"},
        xaxis=step_axis(view, f"y{len(drawn)}" if len(drawn) > 1 else "y"),
        annotations=titles,
        shapes=[*lines(view), cursor],
    )
    return {"data": data, "layout": look | axes}


def parts_figure(view: View, name: str) -> tuple[Figure, np.ndarray]:
    """The parts of a vector statistic at one step beside those of real data, and its heights at each step shown."""
    columns, label = view.vectors[name], view.label(name)
    # The statistics of a capture have its step; where a row is missing, the last one before it stands.
    heights = numbers(view.statistics[columns].reindex(view.slider, method="ffill"))
    bands = [view.bands.get(column) for column in columns]
    means = np.array([band.mean if band else np.nan for band in bands])
    spreads = np.array([2 * band.sd if band else np.nan for band in bands])
    names = view.part_names(name)
    numbered = all(map(str.isdigit, names))
    places = np.array([int(each) for each in names]) if numbered else [plain(each) for each in names]
    hover = f"{plain(label.part)} %{{x}}: %{{y:.4~g}}"
    common = {"type": "bar", "x": places}
    bars: dict[str, Any] = {"name": view.say("generated"), "y": heights[0], "marker": {"color": GENERATED}}
    data = [common | bars | {"hovertemplate": hover}]
    if np.isfinite(means).any():
        bars = {"name": view.say("real data, mean ± 2 sd"), "y": means, "marker": {"color": REAL}}
        error = {"array": numbers(spreads), "thickness": 1, "width": 2, "color": GREY}
        data.append(common | bars | {"hovertemplate": hover, "error_y": error})
    every = np.concatenate([heights.ravel(), means + np.nan_to_num(spreads), [0.0]])
    lowest, highest = every[np.isfinite(every)].min(), every[np.isfinite(every)].max()
    look = layout(
        height=340,
        margin={"l": 60, "r": 40, "t": 40, "b": 48},
        barmode="group",
        bargap=0.25,
        legend=LEGEND,
        xaxis=AXIS
        | {"title": {"text": plain(label.part)}, "dtick": 1 if len(columns) <= 20 else None}
        | ({} if numbered else {"type": "category"}),
        yaxis=AXIS
        | {"title": {"text": plain(label.unit or view.say("value"))}, "range": [lowest * 1.05, highest * 1.05 or 1]},
    )
    return {"data": data, "layout": look}, heights


def heat_figure(view: View, name: str) -> Figure | None:
    """The parts of a vector statistic over the training steps, one row a part; None where it has one part or row."""
    columns, label = view.vectors[name], view.label(name)
    table = view.statistics[columns].dropna(how="all")
    if len(columns) < 2 or len(table) < 2:
        return None
    stretch = -(-len(table) // CELLS)
    begins = np.arange(0, len(table), stretch)
    values = np.ma.masked_invalid(table.to_numpy(dtype=np.float64))
    means = np.stack([values[begin : begin + stretch].mean(axis=0).filled(np.nan) for begin in begins.tolist()])
    parts = [plain(each) for each in view.part_names(name)]
    trace = {
        "type": "heatmap",
        "x": table.index.to_numpy()[begins],
        "y": parts,
        "z": means.T,
        "zmin": min(float(np.nanmin(means)), 0.0),
        "zmax": float(np.nanmax(means)),
        "colorscale": "Cividis",  # made for colour-blind readers: Nuñez, Anderton and Renslow (2018)
        "hovertemplate": f"%{{x:,d}}: {plain(label.part)} %{{y}}: %{{z:.4~g}}<extra></extra>",
        "colorbar": {"title": {"text": plain(label.unit or view.say("value")), "side": "right"}, "thickness": 12},
    }
    look = layout(
        height=min(140 + 16 * len(columns), 520),
        margin={"l": 84, "r": 44, "t": 24, "b": 52},
        shapes=[vertical(step, "white", "dash") for step in dict.fromkeys(event.onset for event in view.events)],
        xaxis=step_axis(view, "y"),
        yaxis=AXIS | {"title": {"text": plain(label.part)}, "type": "category", "nticks": 12},
    )
    return {"data": [trace], "layout": look}


def step_axis(view: View, anchor: str) -> dict[str, Any]:
    """The training steps, all of them, with a line under the pointer."""
    last = view.last_step or 0
    spike = {"showspikes": True, "spikemode": "across", "spikethickness": 1, "spikedash": "solid", "spikecolor": GREY}
    title = {"text": view.say("training step")}
    look = {"anchor": anchor, "title": title, "tickformat": ",d", "hoverformat": ",d"}
    return AXIS | look | spike | {"range": [-0.01 * last, 1.01 * last] if last else [-1, 1]}


def _row_title(row: Row, top: float) -> dict[str, Any]:
    text = f"<b>{plain(row.title)}</b>"
    if row.subtitle:
        text += f"  <span style='color:{GREY}'>{plain(row.subtitle)}</span>"
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": top, "xanchor": "left", "yanchor": "bottom"}
    return place | {"text": text, "showarrow": False, "font": {"size": 12.5}, "yshift": 4}
