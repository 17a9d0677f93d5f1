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

from collections.abc import Callable
from pathlib import Path

import _page
from _reliability import damage, disks, hostile, kill, live, reading

ROOT = Path(__file__).parent.parent

FULL = {"steps": 1_000_000, "beside": 50_000, "small": 100_000, "rounds": 9}
LOOK = {"steps": 100_000, "beside": 5_000, "small": 10_000, "rounds": 3}
PARTS: dict[str, Callable[[bool], _page.Part]] = {
    "kill": lambda quick: kill.measure(**({"trials": 24, "longest": 2.5} if quick else {"trials": 320})),
    "live": lambda quick: live.measure(seconds=2.0 if quick else 20.0),
    "damage": lambda quick: damage.measure(**({"blocks": 4, "every": 17} if quick else {"blocks": 8})),
    "reading": lambda quick: reading.measure(**(LOOK if quick else FULL)),
    "disks": lambda quick: disks.measure(quick=quick),
    "hostile": lambda quick: hostile.measure(quick=quick),
}
"""By name; called with whether a look is enough."""


if __name__ == "__main__":
    _page.run(__doc__, PARTS, ROOT / "docs" / "reliability.md")
