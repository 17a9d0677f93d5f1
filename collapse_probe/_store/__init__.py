"""The run folder: what is written while a GAN trains, and what is read back, live, torn or finished."""

from ._folder import open_folder
from ._layout import FORMAT, replace_file, run_file, stored_ranks, to_json
from ._load import find_runs, load, load_runs, run_folders
from ._lock import lock_run
from ._outbox import Outbox
from ._parts import Part, leftovers, part_files, read_part
from ._run import Run
from ._runfile import last_end, planned_steps, read_run_file
from ._tables import StoredRows, boundaries, table
from ._tail import Tail
from ._thinning import CaptureBudget
from ._trouble import Notices
from ._waiting import Job
from ._writer import RunWriter

__all__ = [
    "FORMAT",
    "CaptureBudget",
    "Job",
    "Notices",
    "Outbox",
    "Part",
    "Run",
    "RunWriter",
    "StoredRows",
    "Tail",
    "boundaries",
    "find_runs",
    "last_end",
    "leftovers",
    "load",
    "load_runs",
    "lock_run",
    "open_folder",
    "part_files",
    "planned_steps",
    "read_part",
    "read_run_file",
    "replace_file",
    "run_file",
    "run_folders",
    "stored_ranks",
    "table",
    "to_json",
]
