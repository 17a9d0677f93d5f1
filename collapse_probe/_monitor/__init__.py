"""Statistics, then detectors, on one observation at a time."""

from ._classes import CLASS_DIVERSITY as CLASS_DIVERSITY
from ._classes import follow_classes as follow_classes
from ._held_out import D_HELD_OUT as D_HELD_OUT
from ._held_out import D_TRAINING as D_TRAINING
from ._held_out import GROUP as GROUP
from ._held_out import OVERFITTING as OVERFITTING
from ._held_out import follow_held_out as follow_held_out
from ._held_out import overfitting_of as overfitting_of
from ._held_out import rows_compared as rows_compared
from ._libraries import import_libraries as import_libraries
from ._monitor import Monitor as Monitor
from ._reference import MINIMUM_ROWS as MINIMUM_ROWS
from ._reference import Embed as Embed
from ._reference import Reference as Reference
from ._reference import embed_rows as embed_rows
from ._reference import fit_reference as fit_reference
