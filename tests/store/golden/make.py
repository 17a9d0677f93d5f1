"""Made the folders beside it, once, with the first version that writes format 1; they stay as they are for ever.

    python tests/store/golden/make.py FOLDER   # the same runs and what is to be read of them, from today's writer

What is to be read is worked out here from what is written, without reading any of it back.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from collapse_probe._records import Event
from collapse_probe._store import RunWriter

NAN, INF = float("nan"), float("inf")
BANDS = {"occupancy": [0.9, 0.03125], "coverage": [0.75, 0.1]}


def rows(writer: RunWriter, steps: list[int], *, per_block: int, late: float = 0.0, **columns: list[float]) -> None:
    """Blocks of so many rows; step k at 1,700,000,000 + k / 4 seconds."""
    for begin in range(0, len(steps), per_block):
        part = slice(begin, begin + per_block)
        step = np.array(steps[part])
        values = {name: np.array(column[part], dtype=np.float64) for name, column in columns.items()}
        writer.append_steps({"step": step, "time": 1.7e9 + late + step / 4} | values)


def statistics(writer: RunWriter, **columns: list[float]) -> None:
    """One block for each row."""
    for index in range(len(columns["step"])):
        writer.append_statistics({name: np.array([column[index]]) for name, column in columns.items()})


def picture(step: int, dtype: str = "float32") -> np.ndarray:
    """Two samples of 3 x 2, all different."""
    return (np.arange(12).reshape(2, 3, 2) + step).astype(dtype)


def event(step: int, kind: str = "collapse", **evidence: float) -> Event:
    """One whose words are not all ASCII."""
    return Event(kind, "warning", step, step - 2, f"step {step}: “≤ half”", evidence, "stop & look")


def reference(writer: RunWriter) -> None:
    writer.write_reference({"real": picture(7), "occupancy.cells": np.array([3, 1, 2])}, {"bands": BANDS})


def pin(folder: Path, starts: dict[str, list[float]]) -> None:
    """Times, process and host of the starts and ends, which differ from run to run."""
    for name, times in starts.items():
        content = json.loads((folder / name).read_text("utf-8"))
        content["starts"] = [{"time": time, "pid": 1234, "host": "golden"} for time in times]
        content["ends"] = [end | {"time": 1.7e9 + 100} for end in content["ends"]]
        (folder / name).write_text(json.dumps(content, indent=1, ensure_ascii=False), "utf-8")


def plain(folder: Path) -> dict[str, Any]:
    """A short run that ended well: wide and narrow columns, a column that joins late, NaN and infinities."""
    writer = RunWriter(folder, info={"tags": {"data": "ring 8"}, "world_size": 1})
    steps = list(range(12))
    loss_d, lr = [step / 8 for step in steps], [0.1 * step for step in steps]
    loss_d[3], loss_d[4], lr[5] = NAN, INF, -INF
    rows(writer, steps[:8], per_block=4, loss_d=loss_d[:8], **{"lr γ": lr[:8]})
    rows(writer, steps[8:], per_block=1, loss_d=loss_d[8:], edge=[0.5, NAN, -0.25, 1.0])
    reference(writer)
    for step, dtype in ((0, "float32"), (5, "uint8"), (10, "float16")):
        writer.write_capture(step, {"generated": picture(step, dtype), "labels": np.array([1, 0])})
        writer.write_sheet(step, picture(100 + step))
    statistics(writer, step=[0, 5, 10], occupancy=[1.0, 0.1, NAN], coverage=[0.5, 0.25, 0.125])
    writer.append_event(event(5, occupancy=0.1, z=-INF))
    writer.append_event(event(5, occupancy=0.1, z=-INF), visible_at=6)
    writer.append_event(event(10, "divergence"))
    writer.close(how="finished")
    pin(folder, {"run.json": [1.7e9]})
    return {
        "steps": {
            "step": steps,
            "time": [1.7e9 + step / 4 for step in steps],
            "loss_d": loss_d,
            "lr γ": lr[:8] + [NAN] * 4,
            "edge": [NAN] * 8 + [0.5, NAN, -0.25, 1.0],
        },
        "statistics": {"step": [0, 5, 10], "occupancy": [1.0, 0.1, NAN], "coverage": [0.5, 0.25, 0.125]},
        "captures": {
            step: {"generated": picture(step).tolist(), "labels": [1, 0], "dtype": dtype}
            for step, dtype in ((0, "float32"), (5, "uint8"), (10, "float16"))
        },
        "sheets": {step: picture(100 + step).tolist() for step in (0, 5, 10)},
        "events": [
            {"step": 5, "kind": "collapse", "onset": 3, "visible_at": 6, "evidence": {"occupancy": 0.1, "z": -INF}},
            {"step": 10, "kind": "divergence", "onset": 8, "visible_at": None, "evidence": {}},
        ],
        "finished": True,
        "starts": 1,
        "problems": [],
    }


def resumed(folder: Path) -> dict[str, Any]:
    """Killed in a write, resumed at step 6 and killed again; later a bit of two blocks was flipped."""
    first = RunWriter(folder, info={"world_size": 1})
    rows(first, list(range(10)), per_block=1, loss_d=[1.0] * 10)
    reference(first)
    for step in (0, 8):
        first.write_capture(step, {"generated": picture(step)})
        first.write_sheet(step, picture(100 + step))
    statistics(first, step=[0, 8], occupancy=[1.0, 0.5])
    first.append_event(event(3))
    first.append_event(event(8))
    file, events = folder / "steps.0", folder / "events.jsonl"
    sizes = [file.stat().st_size]
    rows(first, [10, 11], per_block=2, loss_d=[1.0, 1.0])
    file.write_bytes(file.read_bytes()[:-7])  # the writer was killed in the middle of this block
    sizes.append(file.stat().st_size)
    events.write_bytes(events.read_bytes() + b'{"kind": "colla')
    second = RunWriter(folder, info={"world_size": 1})
    rows(second, list(range(6, 10)), per_block=1, loss_d=[2.0] * 4, edge=[0.5] * 4)
    second.write_capture(9, {"generated": picture(9)})
    statistics(second, step=[9], occupancy=[0.25])
    second.append_event(event(9))
    damaged = bytearray(file.read_bytes())
    blocks = [i for i in range(len(damaged)) if damaged[i : i + 4] == b"\x89CPB"]
    for block in (blocks[1], blocks[-2]):
        damaged[block + 60] ^= 4
    file.write_bytes(damaged + damaged[blocks[-1] : -3])  # and the last block, not yet whole
    pin(folder, {"run.json": [1.7e9, 1.7e9 + 50]})
    kept = [0, 2, 3, 4, 5, 6, 7, 9]
    return {
        "steps": {
            "step": kept,
            "time": [1.7e9 + step / 4 for step in kept],
            "loss_d": [1.0] * 5 + [2.0] * 3,
            "edge": [NAN] * 5 + [0.5] * 3,
        },
        "statistics": {"step": [0, 9], "occupancy": [1.0, 0.25]},
        "captures": {step: {"generated": picture(step).tolist(), "dtype": "float32"} for step in (0, 9)},
        "sheets": {0: picture(100).tolist()},
        "events": [
            {"step": step, "kind": "collapse", "onset": step - 2, "visible_at": None, "evidence": {}} for step in (3, 9)
        ],
        "finished": False,
        "starts": 2,
        "problems": [
            f"steps.0, byte {blocks[1]}: {blocks[2] - blocks[1]} bytes",
            f"steps.0, byte {sizes[0]}: {sizes[1] - sizes[0]} bytes",
            f"steps.0, byte {blocks[-2]}: {blocks[-1] - blocks[-2]} bytes",
            "events.jsonl, byte ",
        ],
    }


def ranks(folder: Path) -> dict[str, Any]:
    """Two ranks that were resumed at step 4; rank 2 came at the second start only, and died early."""
    infinite = [INF, -INF]
    for start, (first, last) in enumerate([(0, 6), (4, 8)]):
        steps = list(range(first, last))
        for rank in (0, 1, 2) if start else (0, 1):
            writer = RunWriter(folder, info={"world_size": 3} if rank == 0 else {}, rank=rank)
            here = steps if rank < 2 else steps[:2]
            values = {"loss_d": [float(10 * start + rank)] * len(here)}
            if rank < 2:
                values["edge"] = [infinite[rank] if step == 5 else NAN if rank else 0.5 for step in here]
            rows(writer, here, per_block=3, late=float(rank), **values)
            if rank == 0:
                statistics(writer, step=[last - 1], occupancy=[0.5 + start])
                writer.write_capture(last - 1, {"generated": picture(last)})
                writer.write_sheet(last - 1, picture(last))
                writer.append_event(event(last - 1))
    reference(writer)
    pin(folder, {"run.json": [1.7e9, 1.7e9 + 50], "run.1.json": [1.7e9 + 2, 1.7e9 + 49], "run.2.json": [1.7e9 + 55]})
    return {
        "steps": {
            "step": list(range(8)),
            "time": [1.7e9 + step / 4 for step in range(8)],
            "loss_d": [0.5] * 4 + [11.0, 11.0, 10.5, 10.5],
            "edge": [0.5] * 5 + [NAN, 0.5, 0.5],
        },
        "statistics": {"step": [7], "occupancy": [1.5]},
        "captures": {7: {"generated": picture(8).tolist(), "dtype": "float32"}},
        "sheets": {7: picture(8).tolist()},
        "events": [{"step": 7, "kind": "collapse", "onset": 5, "visible_at": None, "evidence": {}}],
        "finished": False,
        "starts": 2,
        "problems": [],
    }


def main(folder: Path) -> None:
    for make in (plain, resumed, ranks):
        expected = make(folder / make.__name__)
        (folder / f"{make.__name__}.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
