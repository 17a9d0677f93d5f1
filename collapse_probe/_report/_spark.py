"""A line as small as a word, drawn by the page itself."""

import numpy as np

from ._bucket import bucket
from ._style import escape

WIDTH, HEIGHT, POINTS = 120, 34, 90


def sparkline(x: np.ndarray, y: np.ndarray, *, limits: tuple[float, float], colour: str, title: str) -> str:
    """An SVG of the line between two limits, with its peaks; a dash where there is nothing to draw."""
    x = x.astype(np.float64)
    finite = y[np.isfinite(y)]
    if len(finite) < 2 or not x[-1] > x[0]:
        return "–"
    x, y = bucket(x, y, most=POINTS)
    low, high = limits
    across = (x - x[0]) / (x[-1] - x[0]) * WIDTH
    down = HEIGHT - (y.clip(low, high) - low) / (high - low) * HEIGHT
    path, pen = [], "M"
    for right, below in zip(across.tolist(), down.tolist(), strict=True):
        if np.isfinite(below):
            path.append(f"{pen}{right:.1f} {below:.1f}")
            pen = "L"
        else:
            pen = "M"
    said = f"{title}: {finite[0]:.2f} → {finite[-1]:.2f} ({finite.min():.2f} … {finite.max():.2f})"
    return (
        f"<svg class='spark' width='{WIDTH}' height='{HEIGHT}' role='img' "
        f"viewBox='0 0 {WIDTH} {HEIGHT}' aria-label='{escape(said)}'><title>{escape(said)}</title>"
        f"<path d='M0 0H{WIDTH}M0 {HEIGHT}H{WIDTH}' stroke='currentColor' stroke-opacity='0.2'/>"
        f"<path d='{''.join(path)}' fill='none' stroke='{colour}' stroke-width='1.3'/></svg>"
    )
