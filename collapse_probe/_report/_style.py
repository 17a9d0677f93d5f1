"""Colours, and the parts of a figure that all figures share."""

import html
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._harmless import harmless
from .._records import VerdictKind

Figure = dict[str, Any]
"""What `plotly.graph_objects.Figure(...)` takes; kept as a plain dictionary, which is small and quick to write."""

# Okabe and Ito (2008), told apart by colour-blind readers too: https://jfly.uni-koeln.de/color/
BLUE, PURPLE, GREEN, ORANGE, VERMILLION, SKY = "#0072B2", "#B0588A", "#009E73", "#E69F00", "#D55E00", "#56B4E9"
GREY, INK, CLEAR = "#78818f", "#1f2937", "rgba(0,0,0,0)"
DISCRIMINATOR, GENERATED, REAL = BLUE, PURPLE, GREEN
SERIES = [
    (colour, dash)
    for dash in ("solid", "dash", "dot", "dashdot")
    for colour in (BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE, GREY)
]
"""Runs in one figure, in this order."""
SEVERITY = {"warning": ORANGE, "critical": VERMILLION}
FONT = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, "
    "'Hiragino Sans', 'Noto Sans CJK JP', Meiryo, sans-serif"
)

VERDICTS: dict[VerdictKind, tuple[str, str, str]] = {
    "healthy": ("✓", "healthy", GREEN),
    "partly_collapsed": ("◐", "partly collapsed", ORANGE),
    "collapsed": ("●", "collapsed", VERMILLION),
    "revolution": ("▲", "discriminator revolution", VERMILLION),
    "diverged": ("✕", "diverged", VERMILLION),
    "never_fitted": ("○", "never fitted", ORANGE),
    "insufficient_data": ("?", "insufficient data", GREY),
    "unfinished": ("…", "unfinished", BLUE),
}
"""For each verdict a symbol, words and a colour, so that none of them carries it alone."""

ATTENTION: tuple[VerdictKind, ...] = (
    "diverged",
    "collapsed",
    "revolution",
    "partly_collapsed",
    "never_fitted",
    "insufficient_data",
    "unfinished",
    "healthy",
)
"""The order of the overview: what needs a person first."""

AXIS: dict[str, Any] = {
    "gridcolor": "rgba(128,138,152,0.16)",
    "linecolor": "rgba(128,138,152,0.5)",
    "zeroline": False,
    "exponentformat": "e",
    "separatethousands": True,
    "showline": True,
    "ticks": "outside",
    "tickcolor": "rgba(128,138,152,0.5)",
    "ticklen": 4,
}


LEGEND: dict[str, Any] = {
    "orientation": "h",
    "x": 1,
    "xanchor": "right",
    "y": 1.02,
    "yanchor": "bottom",
    "itemsizing": "constant",
}
"""Above a single plot, at its right."""


def layout(*, height: int, **more: Any) -> dict[str, Any]:
    """The layout of a figure in the style of the page."""
    base: dict[str, Any] = {
        "height": height,
        "font": {"family": FONT, "size": 12, "color": INK},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "modebar": {"orientation": "v", "bgcolor": "rgba(255,255,255,0)", "color": "#b3bac4", "activecolor": GREY},
        "hoverlabel": {"font": {"family": FONT, "size": 12}, "align": "left"},
    }
    return base | more


def numbers(values: ArrayLike) -> np.ndarray:
    """What is not finite is a gap."""
    found = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(found), found, np.nan)


def plain(text: str) -> str:
    """Text that a figure shows as it stands; figures read a little HTML, and formulas between dollars."""
    return html.escape(harmless(text), quote=False).replace("$", "&#36;")


def escape(text: object) -> str:
    """Text that the page shows as it stands."""
    return html.escape(harmless(text))
