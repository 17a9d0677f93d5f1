"""The settings of the collapse detector among which leaving one program out may choose."""

from collections.abc import Sequence
from itertools import product

from collapse_probe.detectors import AbstractDetector
from collapse_probe.detectors._collapse import Collapse, CollapseThresholds

NOW = CollapseThresholds()
GRID = tuple(
    CollapseThresholds(lost=lost, deep=deep, lasting=lasting, rising=rising)
    for lost, deep, lasting, rising in product((0.55, 0.5, 0.6), (0.25, 0.2, 0.35), (4, 2, 3), (1.2, 1.1, 1.3))
)
"""The present one comes first: of settings that cost the same it is taken."""


def made(thresholds: CollapseThresholds) -> Sequence[AbstractDetector]:
    """The detector with these thresholds, its options as they come."""
    return [Collapse(thresholds=thresholds)]


def short(thresholds: CollapseThresholds) -> str:
    """What differs between the settings of the grid.

    >>> short(NOW)
    'lost 0.55, deep 0.25, lasting 4, rising 1.2'
    """
    return ", ".join(f"{name} {getattr(thresholds, name):g}" for name in ("lost", "deep", "lasting", "rising"))
