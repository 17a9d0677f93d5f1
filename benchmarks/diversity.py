"""What do the statistics cost?

    python benchmarks/diversity.py          # a quarter of an hour on two cores; writes docs/statistics-speed.md
    python benchmarks/diversity.py --quick  # a look at small sizes; its ratios are not those of the claims

Ours and the peer's calls take turns in one process, on the same data; shown are the median over the rounds and its
95 % bootstrap interval, of CPU time over all threads or of wall time, as it says. Torch and BLAS compute with one
thread, as in a run's worker; peers that start threads of their own may use both cores. Memory is that of a process
of its own, libraries and data included.

"Met" is computed from the numbers beside it. They are those of one machine on one day.
"""

import argparse
import os
import platform
from collections.abc import Callable
from pathlib import Path

import _page
import torch
from _diversity import neighbours, transport

ROOT = Path(__file__).parent.parent
PARTS: dict[str, Callable[[bool], _page.Part]] = {
    "neighbours": neighbours.measure,
    "transport": transport.measure,
}
"""By name; called with whether a look is enough."""


def page(parts: list[_page.Part]) -> str:
    """The document."""
    machine = (
        f"Made by `make bench` (`benchmarks/diversity.py`) on {os.cpu_count()} cores ({platform.machine()}), torch "
        f"{torch.__version__}, Python {platform.python_version()}; "
        f"the load average at the end was {os.getloadavg()[2]:.1f}."
    )
    return _page.page(__doc__, machine, parts)


def measure(names: list[str], *, quick: bool) -> list[_page.Part]:
    """The parts of these names."""
    found = []
    for name in names:
        print(name, flush=True)
        found.append(PARTS[name](quick))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter, and nothing is written unless --output says so")
    parser.add_argument("--only", choices=list(PARTS), action="append", help="this part; nothing is written")
    parser.add_argument("--output", type=Path, default=None, help="default: docs/statistics-speed.md, if all is run")
    options = parser.parse_args()
    torch.set_num_threads(1)
    text = page(measure(options.only or list(PARTS), quick=options.quick))
    print(text)
    partial = options.quick or options.only
    output = options.output or (None if partial else ROOT / "docs" / "statistics-speed.md")
    if output is not None:
        output.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
