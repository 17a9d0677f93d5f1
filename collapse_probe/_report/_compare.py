"""Several runs in one figure."""

import numpy as np

from ._bucket import bucket, measured
from ._section import plot
from ._style import AXIS, BLUE, GREEN, ORANGE, PURPLE, SKY, VERDICTS, VERMILLION, Figure, escape, layout, numbers, plain
from ._view import View

COLOURS = (BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE, "#111827")
DASHES = ("solid", "dash", "dot", "dashdot")
MOST_RUNS = 28


def compare(views: list[View]) -> str:
    """A figure that lays one quantity of all runs over each other; nothing for one run, or too many to tell apart."""
    columns = _columns(views)
    if not 2 <= len(views) <= MOST_RUNS or not columns:
        return ""
    options = "".join(f"<option>{escape(title)}</option>" for title in columns.values())
    chooser = f"<h3>All runs <select id='choice' aria-label='quantity compared'>{options}</select></h3>"
    return f"<div class='card'>{chooser}{plot('compare', compare_figure(views), role='compare')}</div>"


def compare_figure(views: list[View]) -> Figure:
    """A line for each run and quantity; those of the first quantity are visible, `meta` numbers the quantities."""
    columns = _columns(views)
    data = []
    for option, column in enumerate(columns):
        for number, view in enumerate(views):
            table = view.statistics if column in view.statistics else view.steps
            values = table[column].to_numpy(dtype=float) if column in table else np.empty(0)
            if not np.isfinite(values).any():
                continue
            x, y = bucket(*measured(table.index.to_numpy(), values), most=max(4000 // len(views), 150))
            legend = f"{VERDICTS[view.verdict.kind][0]} {plain(view.name)}"
            line = {"color": COLOURS[number % len(COLOURS)], "dash": DASHES[number // len(COLOURS)], "width": 1.5}
            trace = {"type": "scatter", "mode": "lines", "name": legend, "x": x.tolist(), "y": numbers(y)}
            data.append(trace | {"line": line, "meta": option, "visible": option == 0, "showlegend": True})
    look = layout(
        height=360,
        margin={"l": 76, "r": 44, "t": 40, "b": 52},
        hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        xaxis=AXIS | {"title": {"text": "training step"}, "tickformat": ",d", "hoverformat": ",d"},
        yaxis=AXIS | {"title": {"text": plain(next(iter(columns.values()), ""))}},
    )
    return {"data": data, "layout": look}


def _columns(views: list[View]) -> dict[str, str]:
    """What at least two runs have, with its title: statistics first."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(name for view in views for name in view.columns):
        holders = [view for view in views if name in view.statistics and view.statistics[name].notna().any()]
        if len(holders) > 1:
            found[name] = holders[0].label(name).title
    for name in dict.fromkeys(name for view in views for name in view.scalars if name != "time"):
        holders = [view for view in views if name in view.steps and view.steps[name].notna().any()]
        if len(holders) > 1 and name not in found:
            found[name] = name
    return found
