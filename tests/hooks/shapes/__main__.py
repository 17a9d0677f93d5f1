"""Write the table of docs/attaching.md anew: `python -m tests.hooks.shapes`, in the repository's root."""

import torch

from ._table import write

torch.set_num_threads(1)
write()
