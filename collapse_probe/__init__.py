"""collapse_probe tells a GAN trainer, while the GAN trains, that it is collapsing.

>>> import collapse_probe as cp
>>> sorted(name for name in cp.__all__ if name.islower())
['__version__', 'attach', 'errors', 'figures', 'load', 'load_runs', 'replay', 'report', 'statistics', 'toy']
"""

from . import errors, figures, statistics, toy
from ._hooks import attach
from ._recorder import Probe
from ._records import Event, Verdict
from ._replay import replay
from ._report import report
from ._store import Run, load, load_runs
from ._version import __version__

__all__ = [
    "Event",
    "Probe",
    "Run",
    "Verdict",
    "__version__",
    "attach",
    "errors",
    "figures",
    "load",
    "load_runs",
    "replay",
    "report",
    "statistics",
    "toy",
]
