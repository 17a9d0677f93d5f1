"""Training loops in the shapes that people write; see docs/attaching.md for the table of them."""

from . import classics as classics
from . import conditional as conditional
from . import critics as critics
from . import inputs as inputs
from . import outputs as outputs
from . import penalties as penalties
from ._stage import SHAPES as SHAPES
from ._stage import Game as Game
from ._stage import Shape as Shape
