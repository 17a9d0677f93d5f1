"""The figures of a run: its rows over the training steps, and the parts of its vector statistics."""

from typing import Any

import numpy as np

from ._marks import lines, name_each_once, vertical
from ._rows import Row
from ._style import AXIS, GENERATED, GREY, REAL, Figure, layout, numbers, plain
from ._view import View

GAP, TOP, BOTTOM = 44, 92, 52


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
        legend={"orientation": "h", "x": 0, "y": 1, "yref": "container", "yanchor": "top", "itemsizing": "constant"},
        xaxis=_step_axis(f"y{len(drawn)}" if len(drawn) > 1 else "y", view.last_step or 0),
        annotations=titles,
        shapes=[*lines(view), cursor],
    )
    return {"data": data, "layout": look | axes}


def parts_figure(view: View, name: str) -> tuple[Figure, list[list[float | None]]]:
    """The parts of a vector statistic at one step beside those of real data, and its heights at each step shown."""
    columns, label = view.vectors[name], view.label(name)
    # The statistics of a capture have its step; where a row is missing, the last one before it stands.
    table = view.statistics[columns].reindex(view.slider, method="ffill")
    heights = [numbers(row) for row in table.to_numpy(dtype=float)]
    bands = [view.bands.get(column) for column in columns]
    means = np.array([band.mean if band else np.nan for band in bands])
    spreads = np.array([2 * band.sd if band else np.nan for band in bands])
    places = [int(column.rpartition(".")[2]) for column in columns]
    hover = f"{plain(label.part)} %{{x}}: %{{y:.4~g}}"
    common = {"type": "bar", "x": places}
    data = [common | {"name": "generated", "y": heights[0], "marker": {"color": GENERATED}, "hovertemplate": hover}]
    if np.isfinite(means).any():
        bars = {"name": "real data, ± 2 sd", "y": numbers(means), "marker": {"color": REAL}, "hovertemplate": hover}
        data.append(common | bars | {"error_y": {"array": numbers(spreads), "thickness": 1, "width": 2, "color": GREY}})
    every = np.concatenate([table.to_numpy(dtype=float).ravel(), means + np.nan_to_num(spreads), [0.0]])
    lowest, highest = every[np.isfinite(every)].min(), every[np.isfinite(every)].max()
    look = layout(
        height=340,
        margin={"l": 60, "r": 40, "t": 40, "b": 48},
        barmode="group",
        bargap=0.25,
        legend={
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 1.02,
            "yanchor": "bottom",
            "itemsizing": "constant",
        },
        xaxis=AXIS | {"title": {"text": plain(label.part)}, "dtick": 1 if len(columns) <= 20 else None},
        yaxis=AXIS | {"title": {"text": plain(label.unit or "value")}, "range": [lowest * 1.05, highest * 1.05 or 1]},
    )
    return {"data": data, "layout": look}, heights


def _step_axis(anchor: str, last: int) -> dict[str, Any]:
    spike = {"showspikes": True, "spikemode": "across", "spikethickness": 1, "spikedash": "solid", "spikecolor": GREY}
    look = {"anchor": anchor, "title": {"text": "training step"}, "tickformat": ",d", "hoverformat": ",d"}
    return AXIS | look | spike | {"range": [-0.01 * last, 1.01 * last] if last else [-1, 1]}


def _row_title(row: Row, top: float) -> dict[str, Any]:
    text = f"<b>{plain(row.title)}</b>"
    if row.subtitle:
        text += f"  <span style='color:{GREY}'>{plain(row.subtitle)}</span>"
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": top, "xanchor": "left", "yanchor": "bottom"}
    return place | {
        "text": text,
        "showarrow": False,
        "font": {"size": 12.5},
        "yshift": 4,
        "bgcolor": "rgba(255,255,255,0.85)",
    }
