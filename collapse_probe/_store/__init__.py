"""The run folder: what is written while a GAN trains, and what is read back, live, torn or finished."""

from ._load import find_runs, load, load_runs
from ._run import Run
from ._thinning import CaptureBudget
from ._writer import RunWriter

__all__ = ["CaptureBudget", "Run", "RunWriter", "find_runs", "load", "load_runs"]
