"""What detectors read of a run, and the truth about it, packed small enough to be kept."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from collapse_probe._records import Band

STEP_COLUMNS = (
    "edge", "canonical_loss_d", "canonical_loss_g", "grad_norm_d", "grad_norm_g", "loss_d", "loss_g", "not_finite",
)  # fmt: skip
_KEPT_BITS = 5
"""Of the 23 bits of a float32's fraction, in the columns of steps: 3 % of the value, far below their noise."""


@dataclass(frozen=True)
class Observed:
    """One run of a program.

    `steps` has the columns that detectors and baselines read, by step; `statistics` those of the captures, with
    `bands`; `truth` is by step too: `effective_modes`, exp(entropy) of the classes of fresh samples; `favourite`, the
    commonest class; `quality`, the share of them that are certainly of some class (or close to a mode);
    `held_out_edge`, 2·AUC - 1 of the discriminator on fresh samples and on real ones that it never trained on;
    `finite`, the share of samples that are numbers. `real_modes` is what real data score in as many samples. `fault`
    names what was injected, from `fault_from` to `fault_until` (exclusive; `length` where it lasted), or is "none".
    """

    program: str
    setting: str
    seed: int
    length: int
    real_modes: float
    fault: str
    fault_from: int
    fault_until: int
    steps: pd.DataFrame
    statistics: pd.DataFrame
    bands: Mapping[str, Band]
    truth: pd.DataFrame

    @property
    def name(self) -> str:
        """Program, setting and seed."""
        return f"{self.program}/{self.setting}/{self.seed}"


def save(path: Path, runs: Sequence[Observed]) -> None:
    """All runs of a program in one file: one JSON text and arrays of bytes, ordered so that they compress well."""
    described: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    for index, run in enumerate(runs):
        described.append(
            {
                "program": run.program, "setting": run.setting, "seed": run.seed, "length": run.length,
                "real_modes": run.real_modes, "fault": run.fault, "fault_from": run.fault_from,
                "fault_until": run.fault_until,
                "bands": {name: [band.mean, band.sd] for name, band in run.bands.items()},
                "columns": {part: list(getattr(run, part).columns) for part in ("steps", "statistics", "truth")},
            }
        )  # fmt: skip
        for part, bits in (("steps", _KEPT_BITS), ("statistics", 12), ("truth", 12)):
            frame: pd.DataFrame = getattr(run, part)
            arrays[f"{index}.{part}.index"] = np.diff(frame.index.to_numpy(np.int32), prepend=np.int32(0))
            arrays[f"{index}.{part}"] = _shuffled(rounded(frame.to_numpy(np.float32), bits))
    text = np.frombuffer(json.dumps(described).encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, described=text, **arrays)  # type: ignore[arg-type]  # names are ours


def load(path: Path) -> Iterator[Observed]:
    """The runs of a program's file, one by one."""
    with np.load(path) as file:
        described: list[dict[str, Any]] = json.loads(file["described"].tobytes())
        for index, fields in enumerate(described):
            columns, bands = fields.pop("columns"), fields.pop("bands")
            frames: dict[str, Any] = {}
            for part, names in columns.items():
                steps = np.cumsum(file[f"{index}.{part}.index"])
                values = _in_order(file[f"{index}.{part}"], len(names))
                frames[part] = pd.DataFrame(values, pd.Index(steps, name="step"), names)
            yield Observed(**fields, bands={name: Band(*pair) for name, pair in bands.items()}, **frames)


def rounded(values: np.ndarray, bits: int) -> np.ndarray:
    """float32 with this many bits of the fraction, to nearest; what is not finite stays as it is.

    >>> rounded(np.array([1.0, 1.02, np.inf], np.float32), 5).tolist()
    [1.0, 1.03125, inf]
    """
    dropped = 23 - bits
    words = np.ascontiguousarray(values, np.float32).view(np.uint32)
    near = (words + np.uint32(1 << (dropped - 1))) & np.uint32(0xFFFFFFFF << dropped & 0xFFFFFFFF)
    return np.where(np.isfinite(values), near.view(np.float32), values)


def _shuffled(values: np.ndarray) -> np.ndarray:
    """Column after column, and of each the first bytes of all numbers, then the second ones, and so on."""
    flat = np.ascontiguousarray(values.T, ">f4").reshape(-1)
    return np.ascontiguousarray(flat.view(np.uint8).reshape(-1, 4).T)


def _in_order(planes: np.ndarray, columns: int) -> np.ndarray:
    flat = np.ascontiguousarray(planes.T).reshape(-1).view(">f4").astype(np.float32)
    return flat.reshape(columns, -1).T.astype(np.float64)
