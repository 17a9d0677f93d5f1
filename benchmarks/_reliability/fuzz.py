"""One target of the fuzzer, as a process of its own: atheris ends the process that it runs in.

    python benchmarks/_reliability/fuzz.py blocks CORPUS -runs=1000000

Coverage is that of the package's store. The mutator knows the framing of blocks: it changes header or payload of one
and sets lengths and checksum right again, so that what lies behind the checksum is reached.
"""

import json
import random
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import atheris
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
with atheris.instrument_imports(include=["collapse_probe._store"], enable_loader_override=False):
    from collapse_probe._store import _blocks, _events, _runfile, _scan, _tables, _tensors
from collapse_probe.errors import CollapseProbeError

FRAME = struct.Struct("<4sIQI")
SHARE_OF_TABLES = 32
STRANGE = [
    0,
    1,
    -1,
    2.0,
    0.5,
    1e999,
    10**18,
    -(2**63),
    10**400,
    True,
    None,
    "",
    "step",
    "<f8",
    "<f4",
    [],
    {},
    [["step", "<i8"]],
]
scratch = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
executions = 0


def blocks(content: bytes) -> None:
    """What is sound and what is damaged lies in order, apart, and inside the file; sound blocks make a table."""
    global executions
    executions += 1
    found, damaged = _blocks.decode(content)
    ends = [end for stretch in damaged for end in stretch]
    assert ends == sorted(set(ends)) and all(0 <= end <= len(content) for end in ends)
    for block in found:
        assert block.start >= 0 and all(len(column) == block.rows for column in block.columns.values())
    if found and executions % SHARE_OF_TABLES == 0:
        rows = _tables.read_rows(_written(scratch / "steps.0", content))
        table = _tables.table(rows, _tables.boundaries(rows))
        assert table.index.is_monotonic_increasing and table.index.is_unique


def run_json(content: bytes) -> None:
    """An object with a format, starts and ends, or an error of ours."""
    _written(scratch / "run.json", content)
    try:
        info = _runfile.read_run_file(scratch)
    except CollapseProbeError:
        return
    assert all(isinstance(item, dict) for name in ("starts", "ends") for item in info[name])


def events(content: bytes) -> None:
    """Events of known types and problems, never an error."""
    found, problems = _events.read_events("events.jsonl", content, _tables.Boundaries())
    assert all(isinstance(stored.event.message, str) and isinstance(stored.start, int) for stored in found)
    _events.events_table(found[:1])
    assert all(isinstance(problem, str) for problem in problems)


def tensors(content: bytes) -> None:
    """Arrays of numbers and an object, or an error of ours."""
    path = _written(scratch / "x.safetensors", content)
    try:
        arrays, metadata = _tensors.read_tensors(path)
        assert _tensors.read_metadata(path) == metadata
    except CollapseProbeError:
        return
    assert all(isinstance(array, np.ndarray) and array.nbytes <= len(content) for array in arrays.values())


def mutated_blocks(content: bytes, most: int, seed: int) -> bytes:
    """One block is changed inside and framed anew; now and then the bytes are changed as they stand."""
    chance = random.Random(seed)
    place = content.find(_scan.MAGIC)
    if place < 0 or chance.random() < 0.2:
        return bytes(atheris.Mutate(content, most))
    parts = content[place:].split(_scan.MAGIC)[1:]
    which = chance.randrange(len(parts))
    body = parts[which][FRAME.size - 4 :]
    said = struct.unpack_from("<I", parts[which].ljust(4, b"\0"))[0]
    header, payload = body[:said], body[said:]
    room = max(most - len(content) + len(header), 8)
    kind = chance.random()
    if kind < 0.4:
        header, payload = _reworded(header, payload, chance)
    elif kind < 0.7:
        header = bytes(atheris.Mutate(header or b"{}", min(room, len(header) + 64)))
    else:
        payload = bytes(atheris.Mutate(payload or b"\0" * 8, min(room, len(payload) + 64)))
    checksum = zlib.crc32(payload, zlib.crc32(header))
    parts[which] = FRAME.pack(_scan.MAGIC, len(header), len(payload), checksum)[4:] + header + payload
    return (content[:place] + b"".join(_scan.MAGIC + part for part in parts))[:most]


def _reworded(header: bytes, payload: bytes, chance: random.Random) -> tuple[bytes, bytes]:
    """A header that is still JSON, with one strange thing in it, over a payload of the length that it claims."""
    try:
        fields = json.loads(header)
        columns = fields["columns"]
        where = chance.choice(["rows", "start", "columns", "layout", "unnamed", "name", "dtype", "twice"])
        strange = chance.choice(STRANGE)
        if where in ("rows", "start", "columns", "layout"):
            fields[where] = strange
        elif where == "unnamed":
            del fields["columns"]
        elif where == "twice":
            columns.append(list(chance.choice(columns)))
        else:
            chance.choice(columns)[where == "dtype"] = strange
        rows = fields["rows"] if 0 <= fields["rows"] < 50 else 1
        length = int(rows * sum({"<f4": 4}.get(dtype, 8) for _, dtype in fields.get("columns", columns)))
        return json.dumps(fields).encode(), payload[:length].ljust(length, b"\0")
    except (ValueError, TypeError, LookupError, AttributeError):
        return header, payload


def mutated_tensors(content: bytes, most: int, seed: int) -> bytes:
    """The header is changed and its length set right again."""
    if len(content) < 9 or random.Random(seed).random() < 0.2:
        return bytes(atheris.Mutate(content, most))
    length = min(int.from_bytes(content[:8], "little"), len(content) - 8)
    header = bytes(atheris.Mutate(content[8 : 8 + length] or b"{}", max(most - len(content) + length, 8)))
    return (len(header).to_bytes(8, "little") + header + content[8 + length :])[:most]


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


TARGETS: dict[str, Callable[[bytes], None]] = {
    "blocks": blocks,
    "run_json": run_json,
    "events": events,
    "tensors": tensors,
}
MUTATORS = {"blocks": mutated_blocks, "tensors": mutated_tensors}

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    more = {"custom_mutator": MUTATORS[name]} if name in MUTATORS else {}
    atheris.Setup([sys.argv[0], *arguments], TARGETS[name], **more)
    atheris.Fuzz()
