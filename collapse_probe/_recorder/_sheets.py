"""Sheets: what the generator draws from the same latents, time after time."""

from torch import Tensor

from .._store import RunWriter
from ._forms import as_array
from ._thinned import Thinned

SHEET_ROWS = 64


class Sheets(Thinned):
    """Stores sheets, thinned evenly over time when they take too much disk."""

    def __init__(self, writer: RunWriter, *, disk_limit: int) -> None:
        super().__init__("sheets", writer, disk_limit=disk_limit)

    def add(self, writer: RunWriter, *, step: int, sheet: Tensor) -> None:
        """The samples (n, ...) that the generator drew after its update of this step."""
        self.wrote(writer, step=step, size=writer.write_sheet(step, as_array(sheet)))
