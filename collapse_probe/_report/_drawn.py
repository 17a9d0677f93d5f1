"""Each figure of the report on its own, as what `plotly.graph_objects.Figure` takes."""

from collections.abc import Sequence
from typing import Any

from .._store import Run
from ..errors import InvalidArgument
from ._batches import Plane, contact_sheet, is_image, value_range
from ._captures import cloud
from ._distances import distances_figure, latents_figure
from ._figures import heat_figure, parts_figure, time_figure
from ._joined import joined_figure
from ._neighbours import RealSamples, neighbour_sheet
from ._rows import rows
from ._style import AXIS, SERIES, Figure, layout, plain
from ._view import View


def over_training(run: Run) -> Figure:
    """All rows."""
    view = View(run)
    figure = time_figure(view, list(rows(view)))
    if figure is None:
        raise InvalidArgument(f"{run.path} has no step, no statistic and no event; expected a run that recorded some")
    figure["layout"]["shapes"].pop()  # the cursor, which only the page moves
    return figure


def compare(runs: Sequence[Run], column: str) -> Figure:
    """One column of several runs."""
    data: list[dict[str, Any]] = []
    for view in map(View, runs):
        lines = view.statistic_lines if column in view.statistic_lines else view.step_lines
        if column in lines:
            x, y = lines[column]
            colour, dash = SERIES[len(data) % len(SERIES)]
            line = {"color": colour, "dash": dash, "width": 1.5}
            data.append({"type": "scatter", "mode": "lines", "name": plain(view.name), "x": x, "y": y, "line": line})
    if not data:
        known = sorted({name for run in runs for name in (*run.steps, *run.statistics)} - {"time"})
        raise InvalidArgument(f"no run has {column!r}; expected one of {', '.join(known) or 'none: nothing recorded'}")
    look = layout(height=380, hovermode="x unified", showlegend=True)
    axes = {"xaxis": AXIS | {"title": {"text": "training step"}, "tickformat": ",d"}}
    return {"data": data, "layout": look | axes | {"yaxis": AXIS | {"title": {"text": plain(column)}}}}


def batch(run: Run, step: int | None) -> Figure:
    """Pictures or points."""
    view = at(run, step)
    (samples,) = view.shown.values()
    if is_image(samples):
        return _picture(contact_sheet(samples, _limits(view)).uri)
    return cloud(view)[0]


def fixed_latents(run: Run, step: int | None) -> Figure:
    """A sheet of pictures."""
    if step is None and not run.sheets:
        raise InvalidArgument(f"{run.path} has no sheets; expected a run with fixed_latents=...")
    view = View(run)
    sheet = run.sheet(run.sheets[-1] if step is None else step)
    limits = value_range(run.info.get("value_range"), view.reference, sheet)
    return _picture(contact_sheet(sheet, limits).uri)


def neighbours(run: Run, step: int | None) -> Figure:
    """Pairs of pictures, or joined points."""
    view = at(run, step)
    (samples,) = view.shown.values()
    real = view.reference
    if real is None or len(real) < 3 or samples[0].size < 2 or real[0].shape != samples[0].shape:
        raise InvalidArgument(f"{run.path} has no real samples like the generated ones; expected both")
    if not is_image(samples):
        joined = joined_figure(view, [samples], Plane.of(real))
        if joined is None:
            raise InvalidArgument(f"{run.path} has fewer than 3 finite real samples; expected some to compare with")
        return _titled(joined[0], joined[2][0])
    sheet, said = neighbour_sheet(view, samples, RealSamples(real), limits=_limits(view))
    return _titled(_picture(sheet.uri), said)


def parts(run: Run, statistic: str, *, step: int | None, over_time: bool) -> Figure:
    """Bars at one step, or a heat map over all."""
    view = View(run)
    if statistic not in view.vectors:
        known = ", ".join(view.vectors) or "none: no vector statistic was recorded"
        raise InvalidArgument(f"statistic={statistic!r}; expected one of {known}")
    if over_time:
        figure = heat_figure(view, statistic)
        if figure is None:
            raise InvalidArgument(f"{statistic} has one part or one row in {run.path}; expected two or more of each")
        return figure
    steps = view.statistics.index
    if step is not None and step not in steps:
        raise InvalidArgument(f"no statistics at step {step} in {run.path}; expected a step of run.statistics")
    view.shown = {}
    view.slider = [int(steps[-1]) if step is None else step]
    return parts_figure(view, statistic)[0]


def distances(run: Run, step: int | None) -> Figure:
    """Two outlines."""
    view = at(run, step)
    found = distances_figure(view, list(view.shown.values()))
    if found is None:
        raise InvalidArgument(f"{run.path} has no two real samples like the generated ones; expected both")
    return found[0]


def latents(run: Run, step: int | None) -> Figure:
    """Pairs of distances."""
    found = latents_figure(at(run, step))
    if found is None:
        raise InvalidArgument(
            f"{run.path} has no latents with this capture; expected attach(..., latents=...) or "
            "probe.step(fake=..., latents=...)"
        )
    return found[0]


def at(run: Run, step: int | None) -> View:
    """The run with one of its captures."""
    view = View(run)
    if step is None and not run.batches:
        raise InvalidArgument(f"{run.path} has no captures; expected a run with some")
    chosen = run.batches[-1] if step is None else step
    view.shown = {chosen: run.batch(chosen)}
    return view


def _titled(figure: Figure, said: str) -> Figure:
    figure["layout"]["title"] = {"text": plain(said), "font": {"size": 12}}
    return figure


def _limits(view: View) -> tuple[float, float]:
    return value_range(view.run.info.get("value_range"), view.reference, *view.shown.values())


def _picture(uri: str) -> dict[str, Any]:
    hidden = {"visible": False}
    look = layout(height=560, margin={"l": 8, "r": 8, "t": 40, "b": 8}, xaxis=hidden, yaxis=hidden)
    return {"data": [{"type": "image", "source": uri, "hoverinfo": "skip"}], "layout": look}
