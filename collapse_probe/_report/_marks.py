"""What happened to a run, as marks across its figure."""

import textwrap
from typing import Any

import numpy as np

from .._records import Event, subject
from ._style import REAL, SEVERITY, plain
from ._view import CLASSES, View


def words(view: View, event: Event) -> str:
    """Kind and severity, in the language of the page."""
    return view.say("{kind} ({severity})", kind=kind(view, event), severity=view.say(event.severity))


def kind(view: View, event: Event) -> str:
    """The kind of an event."""
    return view.say(event.kind.replace("_", " "))


def message(view: View, event: Event) -> str:
    """What the event says, in the language of the page, its classes by their names."""
    said = view.say.told(event.message)
    stems = [name.partition(".")[::2] for name in event.evidence]
    labels = [label for stem, label in stems if stem == CLASSES and label.isdecimal()]
    # Detectors say their classes first, and nothing with a digit before.
    return (
        said.replace(", ".join(labels), ", ".join(view.class_name(int(each)) for each in labels), 1) if labels else said
    )


def ends(view: View) -> list[int]:
    """For each event the step at which it was over: where it recovered, else where the run ends."""
    last = max(view.last_step or 0, max((event.step for event in view.events), default=0))
    found = []
    for event in view.events:
        recoveries = [
            other.step
            for other in view.events
            if other.kind == "recovery" and other.step > event.onset and subject(other) == subject(event)
        ]
        found.append(event.step if event.kind == "recovery" else min(recoveries, default=last))
    return found


def event_traces(view: View) -> list[dict[str, Any]]:
    """For each event a bar from its onset over the step that raised it to its end, with what it says."""
    traces = []
    for event, end in zip(view.events, ends(view), strict=True):
        colour = SEVERITY[event.severity]
        said = view.say("began at {onset}, raised at {step}", onset=f"{event.onset:,}", step=f"{event.step:,}")
        text = f"<b>{plain(words(view, event))}</b> {said}<br>"
        text += "<br>".join(plain(line) for line in _wrapped(message(view, event)))
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "meta": "event",
                "name": plain(words(view, event)),
                "showlegend": False,
                "legendgroup": "event",
                "x": np.array([event.onset, event.step, max(end, event.step)]),
                "y": [plain(kind(view, event))] * 3,
                "line": {"color": colour, "width": 5},
                "marker": {
                    "color": colour,
                    "size": [11, 11, 1],
                    "symbol": ["diamond-open", "diamond", "line-ns"],
                    "line": {"color": colour, "width": 2},
                },
                "hovertemplate": text + "<extra></extra>",
            }
        )
    return traces


def _wrapped(text: str) -> list[str]:
    """Japanese has no spaces to break at, and is twice as wide."""
    return textwrap.wrap(text, 70 if text.isascii() else 38)


def lines(view: View) -> list[dict[str, Any]]:
    """Through all rows: a band while an event lasts, a line where it began, one where it was raised; the best step."""
    shapes: list[dict[str, Any]] = []
    for event, end in zip(view.events, ends(view), strict=True):
        colour = SEVERITY[event.severity]
        if event.kind != "recovery" and end > event.onset:
            shapes.append(_band(event.onset, end, colour))
        for step, dash in ((event.step, "solid"), (event.onset, "dash")):
            # One entry for each severity: the rows of events name the kinds, and a dozen would not fit above them.
            look = {"name": view.say(event.severity), "legendgroup": event.severity}
            shapes.append(vertical(step, colour, dash) | look)
    if view.verdict.best_step is not None:
        best = vertical(view.verdict.best_step, REAL, "longdashdot")
        shapes.append(best | {"name": view.say("best step"), "legendgroup": "best step"})
    name_each_once(shapes)
    return shapes


def vertical(step: int, colour: str, dash: str) -> dict[str, Any]:
    """A line through all rows at one step."""
    line = {"color": colour, "width": 1.5, "dash": dash}
    place = {"xref": "x", "yref": "paper", "x0": step, "x1": step, "y0": 0, "y1": 1}
    return {"type": "line", "layer": "between", "line": line} | place


def _band(begin: int, end: int, colour: str) -> dict[str, Any]:
    place = {"xref": "x", "yref": "paper", "x0": begin, "x1": end, "y0": 0, "y1": 1}
    look = {"fillcolor": colour, "opacity": 0.08, "line": {"width": 0}, "showlegend": False}
    return {"type": "rect", "layer": "below"} | look | place


def name_each_once(items: list[dict[str, Any]]) -> None:
    """One entry of the legend for each group."""
    seen: set[str] = set()
    for item in items:
        if item.get("showlegend", True):
            item["showlegend"] = item["legendgroup"] not in seen
            seen.add(item["legendgroup"])
