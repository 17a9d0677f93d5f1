"""Does a record survive?

    python benchmarks/reliability.py          # half an hour on two cores; writes docs/reliability.md
    python benchmarks/reliability.py --quick  # a look, one or two minutes

Every process that is killed is a real one, killed by the system (SIGKILL) at a moment drawn at random, while it trains
a small GAN with a probe attached, or feeds a probe by hand. After each step it notes the time in memory that outlives
it; so what ought to be on disk is known to whoever killed it. Each folder is used four times: the run goes on where it
stopped, or, like one that restored a checkpoint, at a step drawn at random before that. The loops make some hundred
steps a second (fast), do so with pauses of one to four seconds now and then, as for an evaluation (pauses), or wait
0.2 to 1.6 seconds after each step (slow). A kill takes the process, not the machine: what the operating system was
handed, it still writes.

Readers are fuzzed with atheris, guided by the coverage of the store's own code, from files that the writer made; for
blocks the mutator sets lengths and checksum right again. Hostile folders are sound runs in which up to three files are
not: other types, numbers, lengths and shapes, script and control characters, links, pipes and devices.

"Met" is computed from the numbers beside it. They are those of one machine on one day.
"""

import argparse
import os
import platform
from collections.abc import Callable
from pathlib import Path

import _page
import torch
from _reliability import damage, disks, hostile, kill, live, reading

ROOT = Path(__file__).parent.parent

PARTS: dict[str, tuple[Callable[..., _page.Part], dict[str, object], dict[str, object]]] = {
    "kill": (kill.measure, {"trials": 320}, {"trials": 24, "longest": 2.5}),
    "live": (live.measure, {"seconds": 20.0}, {"seconds": 2.0}),
    "damage": (damage.measure, {"blocks": 8}, {"blocks": 4, "every": 17}),
    "reading": (
        reading.measure,
        {"steps": 1_000_000, "beside": 50_000, "small": 100_000, "rounds": 9},
        {"steps": 100_000, "beside": 5_000, "small": 10_000, "rounds": 3},
    ),
    "disks": (disks.measure, {"quick": False}, {"quick": True}),
    "hostile": (hostile.measure, {"quick": False}, {"quick": True}),
}
"""By name: what measures, and its arguments for the full benchmark and for a look."""


def page(parts: list[_page.Part]) -> str:
    """The document."""
    machine = (
        f"Made by `make bench-reliability` (`benchmarks/reliability.py`) on {os.cpu_count()} cores "
        f"({platform.machine()}), {platform.system()}, Python {platform.python_version()}, torch {torch.__version__}; "
        f"the load average at the end was {os.getloadavg()[2]:.1f}."
    )
    return _page.page(__doc__, machine, parts)


def measure(names: list[str], *, quick: bool) -> list[_page.Part]:
    """The parts of these names."""
    found = []
    for name in names:
        print(name, flush=True)
        action, full, look = PARTS[name]
        found.append(action(**(look if quick else full)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter, and nothing is written unless --output says so")
    parser.add_argument("--only", choices=list(PARTS), action="append", help="this part; nothing is written")
    parser.add_argument("--output", type=Path, default=None, help="default: docs/reliability.md for the full benchmark")
    options = parser.parse_args()
    torch.set_num_threads(1)
    text = page(measure(options.only or list(PARTS), quick=options.quick))
    print(text)
    partial = options.quick or options.only
    output = options.output or (None if partial else ROOT / "docs" / "reliability.md")
    if output is not None:
        output.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
