"""Logs of other tools as runs: their scalars are read, named as ours are, and judged as far as scalars go."""

from ._find import Source, find_logs
from ._import import Imported, import_log
from ._names import RECOGNISED, TARGETS

__all__ = ["RECOGNISED", "TARGETS", "Imported", "Source", "find_logs", "import_log"]
