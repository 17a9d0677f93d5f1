"""What do the statistics cost?

    python benchmarks/diversity.py          # a quarter of an hour on two cores; writes docs/statistics-speed.md
    python benchmarks/diversity.py --quick  # a look at small sizes; its ratios are not those of the claims

Ours and the peer's calls take turns in one process, on the same data; shown are the median over the rounds and its
95 % bootstrap interval, of CPU time over all threads or of wall time, as it says. Torch and BLAS compute with one
thread, as in a run's worker; peers that start threads of their own may use both cores. Memory is that of a process
of its own, libraries and data included.

"Met" is computed from the numbers beside it. They are those of one machine on one day.
"""

from collections.abc import Callable
from pathlib import Path

import _page
from _diversity import modes, neighbours, transport

ROOT = Path(__file__).parent.parent
PARTS: dict[str, Callable[[bool], _page.Part]] = {
    "neighbours": neighbours.measure,
    "transport": transport.measure,
    "modes": modes.measure,
}
"""By name; called with whether a look is enough."""


if __name__ == "__main__":
    _page.run(__doc__, PARTS, ROOT / "docs" / "statistics-speed.md")
