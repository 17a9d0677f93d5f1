"""Detectors of training failure; the folder is the list.

A new detector is one file here, `_<name>.py`, that defines one concrete subclass of `AbstractDetector`, and one
test, `tests/detectors/test_<name>.py`. The monitor, the documentation and the contract tests find it by themselves.
"""

import functools
import sys

from .._registry import lookup, members
from ._base import AbstractDetector as AbstractDetector
from ._base import DetectorOptions as DetectorOptions


@functools.cache
def _all() -> dict[str, type[AbstractDetector]]:
    return members(sys.modules[__name__], AbstractDetector)  # type: ignore[type-abstract]  # the base of the members


def names() -> list[str]:
    """Every detector there is.

    >>> names()
    ['class_collapse', 'collapse', 'divergence', 'memorisation', 'never_fitted', 'oscillation', 'revolution', 'stalled']
    """
    return list(_all())


def get(name: str) -> type[AbstractDetector]:
    """The detector's class; `UnknownName` lists the known ones."""
    return lookup(_all(), name, "detector")
