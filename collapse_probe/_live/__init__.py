"""A run that another process is writing, followed at little cost: what is new is read, and nothing twice."""

from ._feed import Feed
from ._history import History
from ._lines import event_line, status_line
from ._sparkline import sparkline

__all__ = ["Feed", "History", "event_line", "sparkline", "status_line"]
