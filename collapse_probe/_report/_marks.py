"""What happened to a run, as marks across its figure."""

import textwrap
from typing import Any

from .._records import Event
from ._style import REAL, SEVERITY, plain
from ._view import View


def words(event: Event) -> str:
    """Kind and severity."""
    return f"{event.kind.replace('_', ' ')} ({event.severity})"


def event_traces(view: View) -> list[dict[str, Any]]:
    """For each event a bar from its onset to the step that raised it, with what it says."""
    traces = []
    for event in view.events:
        colour = SEVERITY[event.severity]
        text = f"<b>{plain(words(event))}</b> began at {event.onset:,}, raised at {event.step:,}<br>"
        text += "<br>".join(plain(line) for part in (event.message, event.advice) for line in textwrap.wrap(part, 70))
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "meta": "event",
                "name": plain(words(event)),
                "showlegend": False,
                "legendgroup": "event",
                "x": [event.onset, event.step],
                "y": [plain(event.kind.replace("_", " "))] * 2,
                "line": {"color": colour, "width": 5},
                "marker": {
                    "color": colour,
                    "size": 11,
                    "symbol": ["diamond-open", "diamond"],
                    "line": {"color": colour, "width": 2},
                },
                "hovertemplate": text + "<extra></extra>",
            }
        )
    return traces


def lines(view: View) -> list[dict[str, Any]]:
    """Vertical lines through all rows: dashed where an event began, solid where it was raised, and the best step."""
    shapes = []
    for event in view.events:
        legend = {"name": plain(words(event)), "legendgroup": plain(words(event))}
        for step, dash in ((event.step, "solid"), (event.onset, "dash")):
            shapes.append(vertical(step, SEVERITY[event.severity], dash) | legend)
    if view.verdict.best_step is not None:
        best = vertical(view.verdict.best_step, REAL, "longdashdot")
        shapes.append(best | {"name": "best step", "legendgroup": "best step"})
    name_each_once(shapes)
    return shapes


def vertical(step: int, colour: str, dash: str) -> dict[str, Any]:
    """A line through all rows at one step."""
    line = {"color": colour, "width": 1.5, "dash": dash}
    place = {"xref": "x", "yref": "paper", "x0": step, "x1": step, "y0": 0, "y1": 1}
    return {"type": "line", "layer": "between", "line": line} | place


def name_each_once(items: list[dict[str, Any]]) -> None:
    """One entry of the legend for each group."""
    seen: set[str] = set()
    for item in items:
        if item.get("showlegend", True):
            item["showlegend"] = item["legendgroup"] not in seen
            seen.add(item["legendgroup"])
