"""How long is it until a healthy run is flagged?

    python benchmarks/false_alarms.py          # an hour on two cores; writes docs/false-alarms.md
    python benchmarks/false_alarms.py --quick  # a look; nothing is written

Healthy settings of the detection benchmark's programs are trained for many more steps than there, with other seeds,
watched as a user's run would be, until a million steps of points and 50,000 of pictures are seen. Nothing in them is
said to fail; a run whose truth, measured as there, falls under half of its peak for good is told apart and not counted.

A flag is an event; a stop one that sets `should_stop` by default. Of k in n steps the average run length to one is
n / k, or, where there was none, at least n / 3 with 95 % confidence (the rule of three).
"""

import argparse
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import _page
import torch
from _detection.data import data
from _detection.labels import label
from _detection.programs import PROGRAMS, Plan
from _detection.train import replayed_events, run
from _detection.truth import labeller

ROOT = Path(__file__).parent.parent
FIRST_SEED = 5000
"""Seeds from here on are of no other benchmark."""


@dataclass(frozen=True)
class Part:
    """Runs of one program that are to be made, `length` steps each."""

    program: str
    runs: int
    length: int


PARTS = {
    "points": [
        Part("ring-vanilla", 26, 10_000),
        Part("grid-wasserstein-gradient", 25, 10_000),
        Part("many-dimensions-vanilla", 25, 10_000),
        Part("ring-wasserstein-clip", 25, 10_000),
    ],
    "pictures": [Part("digits-dense-vanilla", 9, 4_000), Part("shapes-conv-r1", 8, 2_000)],
}


@dataclass(frozen=True)
class Seen:
    """What one run gave."""

    program: str
    steps: int
    kind: str
    warnings: tuple[str, ...]
    stops: int


def watch(part: Part, seed: int) -> Seen:
    """Train one run."""
    torch.set_num_threads(1)
    program = next(one for one in PROGRAMS if one.name == part.program).but(length=part.length)
    known = data(program.data)
    folder = Path(tempfile.mkdtemp())
    try:
        seen = run(Plan(program, "healthy", FIRST_SEED + seed), known, labeller(known), folder / "run")
    finally:
        shutil.rmtree(folder)
    events = replayed_events(seen)
    stops = sum(event.severity == "critical" and event.kind in ("collapse", "divergence") for event in events)
    return Seen(part.program, part.length, label(seen).kind, tuple(event.kind for event in events), stops)
