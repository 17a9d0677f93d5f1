"""The figures of the report, one function each: a run goes in, a `plotly.graph_objects.Figure` comes out.

`step` is that of a stored capture (`run.batches`); left out, the newest. A figure may be changed, shown in a notebook,
or written with its `write_html` and, where kaleido is installed, `write_image`.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from ._report import _drawn as drawn
from ._store import Run

__all__ = ["batch", "compare", "distances", "fixed_latents", "latents", "neighbours", "over_training", "parts"]


def over_training(run: Run) -> go.Figure:
    """Events, losses, edge, scores, gradient norms and statistics over real data's bands, on one axis of steps.

    Raises `InvalidArgument` where nothing was recorded.
    """
    return go.Figure(drawn.over_training(run))


def compare(runs: Sequence[Run], column: str = "occupancy") -> go.Figure:
    """One column of `run.steps` or `run.statistics` for several runs, at equal steps; runs without it are left out.

    Raises `InvalidArgument` where none has it.
    """
    return go.Figure(drawn.compare(runs, column))


def batch(run: Run, step: int | None = None) -> go.Figure:
    """The generated samples of one capture: a sheet of pictures, or points over those of real data.

    Points of more than two numbers are drawn along the first two principal directions of real data.
    """
    return go.Figure(drawn.batch(run, step))


def fixed_latents(run: Run, step: int | None = None) -> go.Figure:
    """What the generator made of the fixed latents after this step (one of `run.sheets`); pictures only."""
    return go.Figure(drawn.fixed_latents(run, step))


def neighbours(run: Run, step: int | None = None) -> go.Figure:
    """Generated pictures above the real ones nearest to them, or points joined to them; copies orange, odd blue."""
    return go.Figure(drawn.neighbours(run, step))


def parts(run: Run, statistic: str = "mode_shares", *, step: int | None = None, over_time: bool = False) -> go.Figure:
    """The parts of a vector statistic, such as mode shares, beside real data's; or over all captures, as a heat map."""
    return go.Figure(drawn.parts(run, statistic, step=step, over_time=over_time))


def distances(run: Run, step: int | None = None) -> go.Figure:
    """How far the samples of a capture are from each other, beside real samples."""
    return go.Figure(drawn.distances(run, step))


def latents(run: Run, step: int | None = None) -> go.Figure:
    """How far samples are from each other against how far their latents are: flat where the generator ignores them.

    Raises `InvalidArgument` where the capture was stored without latents.
    """
    return go.Figure(drawn.latents(run, step))
