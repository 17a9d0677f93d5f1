"""The settings of the collapse detector among which leaving one program out may choose."""

from collections.abc import Sequence
from itertools import product

from collapse_probe.detectors import AbstractDetector
from collapse_probe.detectors._collapse import Collapse, CollapseThresholds

NOW = CollapseThresholds()
GRID = tuple(
    CollapseThresholds(lost=lost, deep=deep, guard=guard, rising=rising)
    for lost, deep, guard, rising in product((0.55, 0.5, 0.6), (0.35, 0.25, 0.0, 0.45), (0.85, 0.7), (1.3, 1.1))
)
"""The present one comes first: of settings that cost the same it is taken."""


def made(thresholds: CollapseThresholds) -> Sequence[AbstractDetector]:
    """The detector with these thresholds, its options as they come."""
    return [Collapse(thresholds=thresholds)]


def short(thresholds: CollapseThresholds) -> str:
    """What differs between the settings of the grid.

    >>> short(NOW)
    'lost 0.55, deep 0.35, guard 0.85, rising 1.3'
    """
    return ", ".join(f"{name} {getattr(thresholds, name):g}" for name in ("lost", "deep", "guard", "rising"))
