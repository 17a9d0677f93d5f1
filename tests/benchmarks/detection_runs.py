"""Made-up observations of runs, with a truth that is known because it was written down."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from collapse_probe._records import Band

EVERY = 25
REAL_MODES = 8.0
BANDS = {"occupancy": Band(20.0, 0.5), "matched_occupancy": Band(40.0, 1.0), "mean_pairwise_distance": Band(2.0, 0.1)}


def step(check: int) -> int:
    """The step of a check."""
    return (check + 1) * EVERY - 1


def observed(kind: type, modes: Sequence[float], *, edge: Sequence[float] | float = 0.3, **fields: Any) -> Any:
    """A run whose effective modes, of 8, are these, one every 25 steps; its statistics follow the truth.

    `kind` is the class `Observed`, which tests import from a folder that is not on the path. Further fields replace its
    own; `quality`, `finite` (by check) and `not_finite` (by step) the columns of that name.
    """
    checks = len(modes)
    index = pd.Index([step(check) for check in range(checks)], name="step")
    columns = {"quality": 0.9, "held_out_edge": edge, "finite": 1.0}
    columns |= {name: fields.pop(name) for name in ("quality", "finite") if name in fields}
    truth = pd.DataFrame({"effective_modes": modes} | columns, index)
    share = np.asarray(modes, float) / REAL_MODES
    statistics = pd.DataFrame(
        {"occupancy": 20 * share, "matched_occupancy": 40 * share, "mean_pairwise_distance": 2 * share}, index
    )
    length = checks * EVERY
    noise = np.random.default_rng(0).normal(0, 0.1, length)
    losses = {"loss_d": 1.3 + noise, "loss_g": 0.9 - noise, "canonical_loss_d": 1.3 + noise, "canonical_loss_g": 0.9}
    steps = pd.DataFrame(
        {"edge": np.repeat(truth["held_out_edge"].to_numpy(float), EVERY), "grad_norm_d": 1.0, "grad_norm_g": 1.0}
        | losses
        | {"not_finite": fields.pop("not_finite", 0.0)},
        pd.RangeIndex(length, name="step"),
    )
    made = {
        "program": "made-up", "setting": "healthy", "seed": 0, "length": length, "real_modes": REAL_MODES,
        "fault": "none", "fault_from": 0, "fault_until": 0, "steps": steps, "statistics": statistics, "bands": BANDS,
        "truth": truth,
    }  # fmt: skip
    return kind(**(made | fields))
