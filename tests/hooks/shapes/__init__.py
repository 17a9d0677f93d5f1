"""Training loops in the shapes that people write; see docs/attaching.md for the table of them."""

from . import (
    classics,
    compiled,
    conditional,
    critics,
    habits,
    inputs,
    outputs,
    penalties,
    several,
    updates,
    wrappers,
)
from ._stage import SHAPES as SHAPES
from ._stage import Game as Game
from ._stage import Shape as Shape

GROUPS = (classics, critics, penalties, outputs, inputs, conditional, updates, habits, several, wrappers, compiled)
"""In the order of the table."""
