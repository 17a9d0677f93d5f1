"""Colours, and the parts of a figure that all figures share."""

import html
import math
from collections.abc import Iterable
from typing import Any

from .._harmless import harmless
from .._records import VerdictKind

Figure = dict[str, Any]
"""What `plotly.graph_objects.Figure(...)` takes; kept as a plain dictionary, which is small and quick to write."""

# Okabe and Ito (2008), told apart by colour-blind readers too: https://jfly.uni-koeln.de/color/
BLUE, PURPLE, GREEN, ORANGE, VERMILLION, SKY = "#0072B2", "#B0588A", "#009E73", "#E69F00", "#D55E00", "#56B4E9"
GREY, FAINT, INK = "#6b7280", "#e5e7eb", "#1f2937"
DISCRIMINATOR, GENERATED, REAL = BLUE, PURPLE, GREEN
SEVERITY = {"warning": ORANGE, "critical": VERMILLION}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

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

AXIS: dict[str, Any] = {
    "gridcolor": "#eef0f3",
    "linecolor": "#c7ccd4",
    "zeroline": False,
    "exponentformat": "e",
    "separatethousands": True,
    "showline": True,
    "ticks": "outside",
    "tickcolor": "#c7ccd4",
    "ticklen": 4,
}


def layout(*, height: int, **more: Any) -> dict[str, Any]:
    """The layout of a figure in the style of the page."""
    base: dict[str, Any] = {
        "height": height,
        "font": {"family": FONT, "size": 12, "color": INK},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "modebar": {"orientation": "v", "bgcolor": "rgba(255,255,255,0)", "color": "#b3bac4", "activecolor": GREY},
        "hoverlabel": {"font": {"family": FONT, "size": 12}, "align": "left", "bgcolor": "white"},
    }
    return base | more


def numbers(values: Iterable[float]) -> list[float | None]:
    """Six digits are more than a screen shows; what is not finite is a gap."""
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in values]


def plain(text: str) -> str:
    """Text that a figure shows as it stands; figures read a little HTML, and formulas between dollars."""
    return html.escape(harmless(text), quote=False).replace("$", "&#36;")


def escape(text: object) -> str:
    """Text that the page shows as it stands."""
    return html.escape(harmless(text))
