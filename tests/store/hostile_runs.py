"""Run folders as somebody who means harm, or a broken disk, would make them; and everything that reads one."""

import json
import os
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner
from hypothesis import strategies as st
from safetensors.numpy import save

import collapse_probe as cp
from collapse_probe._cli import main
from collapse_probe.errors import CollapseProbeError, CollapseProbeWarning

VILLAIN = (
    "</script><script>window.hurt=1</script><img src=x onerror='window.hurt=1'>\x1b[2J\x1b]0;owned\x07\u202e\ud800\r\n"
)
NAN, FAR = float("nan"), 1.7e308
Content = bytes | Callable[[Path], object]
"""Of a file; or what makes something else of that name."""


def frame(header: bytes, payload: bytes, **lies: int) -> bytes:
    """A block whose checksum fits, unless it lies."""
    lengths = {"header": len(header), "length": len(payload), "checksum": zlib.crc32(payload, zlib.crc32(header))}
    said = lengths | lies
    return struct.pack("<4sIQI", b"\x89CPB", said["header"], said["length"], said["checksum"]) + header + payload


def block(columns: dict[str, np.ndarray], fields: dict[str, Any] | None = None) -> bytes:
    """A sound block, but for the fields of its header that are given."""
    rows = len(next(iter(columns.values())))
    header = {"rows": rows, "start": 0, "columns": [[name, c.dtype.str] for name, c in columns.items()]} | (
        fields or {}
    )
    return frame(json.dumps(header).encode(), b"".join(column.tobytes() for column in columns.values()))


def tensors(metadata: object, **arrays: np.ndarray) -> bytes:
    """A safetensors file with any metadata."""
    return save(arrays, metadata={"collapse_probe": metadata if isinstance(metadata, str) else json.dumps(metadata)})


def forged(header: object, payload: bytes = b"", *, length: int | None = None) -> bytes:
    """A safetensors file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + payload


def event(**fields: Any) -> bytes:
    """A line of the events, sound but for the fields that are given."""
    sound = {"kind": "collapse", "severity": "critical", "step": 3, "onset": 2, "message": "m", "advice": "a"}
    return json.dumps(sound | {"evidence": {"x": 1.0}, "start": 0, "visible_at": None} | fields).encode() + b"\n"


def run_json(**fields: Any) -> bytes:
    """A sound run.json but for the fields that are given."""
    return json.dumps({"format": 1, "starts": [{"time": 1.0}], "ends": [], "options": {}} | fields).encode()


def sound() -> dict[str, Content]:
    """A small run with one of everything."""
    step = np.arange(40)
    rows = {"step": step, "time": step / 3, "loss_d": step / 7, "edge": step / 40, "lr": np.ones(40)}
    statistics = {"step": step, "occupancy": np.linspace(0.9, 0.1, 40), "mode_shares.0": np.ones(40)}
    images = np.random.default_rng(0).random((40, 1, 6, 6), dtype=np.float32)
    described = {"bands": {"occupancy": [1.0, 0.1]}, "statistics": {"occupancy": {"title": "t"}}, "sample_size": 16}
    files: dict[str, Content] = {
        "run.json": run_json(),
        "steps.0": block(rows),
        "statistics.0": block(statistics),
        "events.jsonl": event(),
        "reference.safetensors": tensors(described, real=images),
    }
    for number in (0, 20, 39):
        files[f"captures/{number:09d}.safetensors"] = tensors({"step": number, "start": 0}, generated=images[:16])
        files[f"sheets/{number:09d}.safetensors"] = tensors({"step": number, "start": 0}, sheet=images[:9])
    return files


def lay(folder: Path, files: dict[str, Content]) -> Path:
    """The files in a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(content):
            content(path)
        else:
            path.write_bytes(content)
    return folder


def everything(folder: Path, output: Path) -> list[str]:
    """Everything that reads, over a run folder: what each said; anything but our own errors passes through."""
    said = read_by_all(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollapseProbeWarning)
        try:
            cp.report(folder, output)
        except CollapseProbeError as error:
            said.append(str(error))
        for command in COMMANDS:
            result = CliRunner().invoke(main, [part.format(run=folder, out=output) for part in command])
            if result.exception is not None and not isinstance(result.exception, SystemExit):
                raise result.exception
            assert result.exit_code in (0, 1, 3, 4) or (command[0] == "movie"), (command, result.output)
            said.append(result.output)
    return said


def read_by_all(folder: Path) -> list[str]:
    """Everything that reads, but for the report and the commands."""
    said = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollapseProbeWarning)
        for read in READERS:
            try:
                read(folder)
            except CollapseProbeError as error:
                said.append(str(error))
    return said


def _look(run: cp.Run) -> None:
    for name in ("name", "finished", "steps", "decisive_steps", "statistics", "events", "event_list", "batches"):
        getattr(run, name)
    for name in ("sheets", "verdict", "problems"):
        getattr(run, name)
    str(run)


def _captures(run: cp.Run) -> None:
    for step in run.batches:
        run.capture(step)


def _sheets(run: cp.Run) -> None:
    for step in run.sheets:
        run.sheet(step)


READERS: list[Callable[[Path], object]] = [
    cp.load,
    cp.load_runs,
    lambda path: _look(cp.load(path)),
    lambda path: _captures(cp.load(path)),
    lambda path: _sheets(cp.load(path)),
    lambda path: cp.load(path).reference,
    lambda path: cp.load(path).bands,
    cp.replay,
    lambda path: cp.replay(path, sample_size=16),
]
COMMANDS = [
    ["list", "{run}"],
    ["check", "{run}", "--json", "--fail-on", "any"],
    ["report", "{run}", "-o", "{out}"],
    ["show", "{run}"],
    ["show", "{run}", "--json"],
    ["watch", "{run}", "--once"],
    ["watch", "{run}", "--once", "--json"],
    ["export", "{run}", "-o", "{out}.tables"],
    ["export", "{run}", "-o", "{out}.tables", "--format", "parquet"],
    ["movie", "{run}", "-o", "{out}.gif", "--frames", "5"],
    ["doctor", "{run}"],
    ["doctor", "{run}", "--json", "--repair", "{out}.saved"],
]

# Strategies: a sound run in which a few things are not.
_strange_floats = [0.0, -1.0, NAN, float("inf"), -float("inf"), FAR, -FAR, 5e-324, 1e18, "nan", "1", -0.0]
_strange_integers = [0, 1, -1, 2**31, 2**63 - 1, -(2**63), 2**64, 10**400, 10**18]
_strange_texts = [
    "",
    VILLAIN,
    "step",
    "time",
    "../../etc/passwd",
    "x" * 300,
    "\0",
    "nan",
    "a.b.0",
    "%{x}",
    "\u202e",
    "\ud83d",
]
anything = st.recursive(
    st.sampled_from([None, True, False, *_strange_floats, *_strange_integers, *_strange_texts])
    | st.integers()
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_strange_texts) | st.text(), inner, max_size=3)
    ),
    max_leaves=5,
)
_steps = st.sampled_from([*range(50), -1, -(2**63), 2**63 - 1, 2**62, 2**53 + 1])
_doubles = st.sampled_from([NAN, float("inf"), -float("inf"), FAR, -FAR, 5e-324, 1e-30, 0.0, 0.5, 1.0, 3.0, 1e9])
_own = (
    "loss_d loss_g canonical_loss_g edge d_real d_fake grad_norm_d not_finite time occupancy matched_occupancy "
    "sliced_wasserstein mode_shares.0 mode_shares.1 mode_shares.7777777 x"
)
_names = st.sampled_from([*_own.split(), VILLAIN, "", "a.٣", "\ud800"])


@st.composite
def blocks(draw: st.DrawFn) -> bytes:
    """A few blocks with a fitting checksum, some with strange headers, numbers or lengths."""
    found = []
    for _ in range(draw(st.integers(0, 4))):
        rows = draw(st.integers(0, 12))
        column = st.lists(_doubles, min_size=rows, max_size=rows).map(np.array).map(lambda v: v.astype("<f8"))
        columns = {"step": np.array(draw(st.lists(_steps, min_size=rows, max_size=rows)), dtype="<i8")}
        columns |= draw(st.dictionaries(_names, column, max_size=6))
        fields = draw(st.dictionaries(st.sampled_from(["rows", "start", "columns", "more"]), anything, max_size=1))
        start = {"start": draw(st.sampled_from([0, 0, 0, 1, 2, 10**18]))}
        found.append(block(columns, start | fields))
    return draw(st.sampled_from([b"", b"", b"\x89CPB", b"\0" * 30])) + b"".join(found)


_shapes = st.sampled_from(
    [(16, 2), (1, 1), (0, 3), (3,), (), (16, 1, 6, 6), (2, 3, 1, 90), (2, 2, 2, 2, 2), (1, 4, 400)]
)
_types = st.sampled_from(["<f4", "<f8", "<f2", "u1", "?", "<i8", "<u2", "<u8", "<i2"])


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """Numbers of any type and of strange shapes."""
    shape = draw(_shapes)
    values = np.array([draw(_doubles) for _ in range(4)])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.resize(values, shape).astype(draw(_types))


@st.composite
def tensor_files(draw: st.DrawFn) -> bytes:
    """Safetensors files with strange metadata, tensors or headers."""
    names = draw(st.lists(st.sampled_from(["generated", "sheet", "real", "x"]), unique=True, max_size=4))
    known = st.sampled_from(["step", "start", "bands", "statistics", "sample_size"])
    metadata = draw(st.dictionaries(known, anything | st.dictionaries(_names, anything, max_size=2), max_size=3))
    try:
        whole = tensors(metadata, **{name: draw(arrays()) for name in names})
    except (UnicodeEncodeError, ValueError):
        whole = forged({"__metadata__": {"collapse_probe": "{"}})
    return draw(st.sampled_from([whole, whole, whole, whole[:-1], forged(draw(anything)), forged({}, length=2**63)]))


def _link(target: str) -> Callable[[Path], object]:
    return lambda path: path.symlink_to(target)


OBSTACLES: list[Content] = [
    b"",
    b"{",
    b"\xff\xfe",
    b"[" * 5000,
    b"\x89CPB" * 500,
    os.mkfifo,
    Path.mkdir,
    _link("/etc/passwd"),
    _link("/dev/zero"),
    _link("/"),
    _link("."),
    _link("run.json"),
    _link("missing"),
]
_infos = st.dictionaries(
    st.sampled_from(
        ["starts", "ends", "format", "tags", "options", "cost", "value_range", "total_steps", "error", "x"]
    ),
    anything | st.lists(st.fixed_dictionaries({"time": anything, "start": anything, "how": anything}), max_size=3),
    max_size=4,
)


@st.composite
def folders(draw: st.DrawFn) -> dict[str, Content]:
    """A sound run in which up to three files are not."""
    files = sound()
    made: dict[str, st.SearchStrategy[Any]] = {
        "run.json": _infos.map(lambda fields: run_json(**fields)),
        "steps.0": blocks(),
        "steps.1": blocks(),
        "run.1.json": _infos.map(lambda fields: run_json(**fields)),
        "statistics.0": blocks(),
        "events.jsonl": st.lists(
            st.dictionaries(st.sampled_from(list(json.loads(event()))), anything, max_size=2).map(lambda f: event(**f)),
            max_size=4,
        ).map(b"".join),
        "reference.safetensors": tensor_files(),
        "captures/000000020.safetensors": tensor_files(),
        "captures/000000039.safetensors": tensor_files(),
        "captures/999999999999999999.safetensors": tensor_files(),
        "sheets/000000020.safetensors": tensor_files(),
    }
    for name in draw(st.lists(st.sampled_from(list(made)), min_size=1, max_size=3, unique=True)):
        files[name] = draw(st.one_of(made[name], made[name], made[name], st.sampled_from(OBSTACLES)))
    if draw(st.integers(0, 9)) == 0:
        name = draw(st.sampled_from(["captures", "sheets"]))
        files = {path: content for path, content in files.items() if not path.startswith(name)}
        files[name] = draw(st.sampled_from(OBSTACLES))
    return files
