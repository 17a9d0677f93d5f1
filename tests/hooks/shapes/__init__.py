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

_ORDER = (classics, critics, penalties, outputs, inputs, conditional, updates, habits, several, wrappers, compiled)
_GROUPS = [module.__name__.rpartition(".")[2] for module in _ORDER]
for _name in sorted(SHAPES, key=lambda name: _GROUPS.index(SHAPES[name].group)):
    SHAPES[_name] = SHAPES.pop(_name)
