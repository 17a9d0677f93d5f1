"""The run folder: what is written while a GAN trains, and what is read back, live, torn or finished."""

from ._folder import open_folder
from ._load import find_runs, load, load_runs
from ._lock import lock_run
from ._outbox import Outbox
from ._run import Run
from ._thinning import CaptureBudget
from ._trouble import Notices
from ._waiting import Job
from ._writer import RunWriter

__all__ = [
    "CaptureBudget",
    "Job",
    "Notices",
    "Outbox",
    "Run",
    "RunWriter",
    "find_runs",
    "load",
    "load_runs",
    "lock_run",
    "open_folder",
]
