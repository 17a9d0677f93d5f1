"""Is a run folder sound, what is wrong with it, and a new one that holds what is."""

from ._diagnosis import Diagnosis, Finding
from ._examine import examine
from ._salvage import salvage

__all__ = ["Diagnosis", "Finding", "examine", "salvage"]
