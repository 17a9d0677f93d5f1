"""Training loops in the shapes that people write; see docs/attaching.md for the table of them."""

from . import classics as classics
from . import critics as critics
from . import penalties as penalties
from ._stage import SHAPES as SHAPES
from ._stage import Game as Game
from ._stage import Shape as Shape
