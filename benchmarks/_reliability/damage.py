"""A small run cut at every byte of every file, and with every bit of its blocks flipped."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from _claims import Claim, table

import collapse_probe as cp
from collapse_probe._records import Event
from collapse_probe._store import RunWriter
from collapse_probe.errors import UnreadableRun

MAGIC = b"\x89CPB"


@dataclass
class Tally:
    """How many times, and how often it was not as it should be."""

    tried: int = 0
    wrong: int = 0


def measure(*, blocks: int, every: int = 1) -> tuple[str, str]:
    """The heading and what is to be said under it; for a look, only each so-manieth byte and bit."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        make(run, blocks=blocks)
        size = sum(path.stat().st_size for path in run.rglob("*") if path.is_file())
        files = sum(path.is_file() for path in run.rglob("*"))
        cuts, flips = cut_everywhere(run, every=every), flip_every_bit(run, every=every)
    text = (
        f"A run of {blocks} blocks of steps in two starts, statistics, events, captures, a sheet and the reference: "
        f"{files} files, {size:,} bytes. A cut run.json is an error that names it, as it is never written in place; "
        "whatever else is cut, the run opens, and its tables are what they were with some of the last rows left out. "
        "Of a flipped bit the block, and no more, is left out, and its file and byte are named."
    )
    rows = [
        Claim("cuts that were not read so", float(cuts.wrong), at_most=0.0, note=f"of {cuts.tried:,}"),
        Claim("flipped bits that were not found so", float(flips.wrong), at_most=0.0, note=f"of {flips.tried:,}"),
    ]
    return "Torn and damaged files", f"{text}\n\n{table(rows)}"


def make(run: Path, *, blocks: int) -> None:
    """A run that was killed in mid-write and resumed."""
    half = blocks // 2
    for start, (first, count) in enumerate(((0, half), (4 * half - 2, blocks - half))):
        writer = RunWriter(run, info={})
        for block in range(count):
            step = np.arange(4 * block, 4 * block + 4) + first
            writer.append_steps({"step": step, "time": step / 4, "loss_d": step / 7, "start": np.full(4, start)})
        last = first + 4 * count - 1
        writer.append_statistics({"step": np.array([last]), "occupancy": np.array([0.5])})
        writer.write_capture(last, {"generated": np.ones((2, 2), np.float32)})
        writer.write_sheet(last, np.ones((2, 2), np.float32))
        writer.append_event(Event("collapse", "warning", last, last, "few modes", {"modes": 1.0}, "stop"))
        if not start:
            writer.write_reference({"real": np.ones((4, 2), np.float32)}, {"bands": {"occupancy": [1.0, 0.1]}})
            file = run / "steps.0"
            file.write_bytes(file.read_bytes() + file.read_bytes()[:50])


def cut_everywhere(run: Path, *, every: int = 1) -> Tally:
    """Each file, cut at each of its bytes."""
    tally = Tally()
    whole = _tables(run)
    for path in [path for path in run.rglob("*") if path.is_file()]:
        content = path.read_bytes()
        for length in range(0, len(content), every):
            path.write_bytes(content[:length])
            tally.tried += 1
            tally.wrong += not _is_well_read(run, path, whole)
        path.write_bytes(content)
    return tally


def flip_every_bit(run: Path, *, every: int = 1) -> Tally:
    """Each bit of each block, one at a time."""
    tally = Tally()
    known = len(cp.load(run).problems)
    for path in (run / "steps.0", run / "statistics.0"):
        content = path.read_bytes()
        for begin, end in _blocks(content):
            # What is there of the steps where this block is not.
            path.write_bytes(content[:begin] + bytes(end - begin) + content[end:])
            without = _tables(run)
            for bit in range(8 * begin, 8 * end, every):
                damaged = bytearray(content)
                damaged[bit // 8] ^= 1 << bit % 8
                path.write_bytes(damaged)
                found = cp.load(run)
                named = any(_covers(said, path.name, (begin, end)) for said in found.problems)
                same = all(_same(table, other) for table, other in zip(_tables(run), without, strict=True))
                tally.tried += 1
                tally.wrong += not (named and same and len(found.problems) <= known + 1)
        path.write_bytes(content)
    return tally


def _is_well_read(run: Path, cut: Path, whole: tuple[pd.DataFrame, ...]) -> bool:
    try:
        tables = _tables(run)
    except UnreadableRun as error:
        return cut.name == "run.json" and "run.json" in str(error)
    for found, before in zip(tables, whole, strict=True):
        if cut.name == "steps.0" and before is whole[0]:
            # Without the second start's rows those of the first that it replaced are back.
            if not found.index.is_monotonic_increasing or found.index.has_duplicates:
                return False
            if not np.array_equal(found["loss_d"], found.index / 7):
                return False
        elif not _same(found, before.iloc[: len(found)]) and cut.name != "steps.0":
            return False
    return True


def _tables(run: Path) -> tuple[pd.DataFrame, ...]:
    found = cp.load(run)
    return found.steps, found.statistics, found.events.drop(columns="evidence")


def _same(table: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Alike in all that either has, a column of nothing but NaN being as good as none."""
    return table.dropna(axis=1, how="all").equals(other.dropna(axis=1, how="all"))


def _covers(said: str, name: str, block: tuple[int, int]) -> bool:
    """Whether a problem is that this block is damaged, be it with what lies next to it."""
    found = re.match(re.escape(name) + r", byte (\d+): (\d+) bytes", said)
    return found is not None and int(found[1]) <= block[0] and block[1] <= int(found[1]) + int(found[2])


def _blocks(content: bytes) -> Iterator[tuple[int, int]]:
    """Where each whole block lies, by its own lengths."""
    position = 0
    while (position := content.find(MAGIC, position)) >= 0:
        header, payload = (int.from_bytes(content[position + a : position + b], "little") for a, b in ((4, 8), (8, 16)))
        end = position + 20 + header + payload
        following = content.find(MAGIC, position + 4)
        if end <= len(content) and following in (-1, end):
            yield position, end
        position += 4
