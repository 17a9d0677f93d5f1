"""Sheets: what the generator draws from the same latents, time after time."""

from torch import Tensor

from .._store import CaptureBudget, RunWriter
from ._forms import as_array

SHEET_ROWS = 64
SHARE_OF_LIMIT = 4
"""Beside the captures' `disk_limit`, sheets may take a fourth as much."""


class Sheets:
    """Stores sheets, thinned evenly over time when they take too much disk."""

    def __init__(self, writer: RunWriter, *, disk_limit: int) -> None:
        self._budget = CaptureBudget(limit=max(1, disk_limit // SHARE_OF_LIMIT))
        for step, size in writer.sheet_sizes().items():
            self._thin(writer, step, size)

    @property
    def removed(self) -> int:
        """Sheets that were given up again."""
        return self._budget.removed

    def add(self, writer: RunWriter, *, step: int, sheet: Tensor) -> None:
        """The samples (n, ...) that the generator drew after its update of this step."""
        if size := writer.write_sheet(step, as_array(sheet)):
            self._thin(writer, step, size)

    def _thin(self, writer: RunWriter, step: int, size: int) -> None:
        for gone in self._budget.add(step, size):
            writer.remove_sheet(gone)
