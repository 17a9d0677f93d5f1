"""How the discriminator rates training data against real data that it never sees."""

import dataclasses
import inspect
import math
from collections.abc import Mapping

from torch import Tensor

from .._records import Band
from ..statistics import discriminator_overfitting
from ..statistics._discriminator_overfitting import chance_sd
from ._reference import Reference

OVERFITTING = "discriminator_overfitting"
D_TRAINING, D_HELD_OUT = "d_training", "d_held_out"
"""The names of the scores of both kinds, beside the samples of a capture."""
_MOST_ROWS, _FEWEST_ROWS, _MOST_BYTES = 128, 16, 32 * 2**20
GROUP = 16
"""Some discriminators look at groups of a batch: they are asked about so many samples at once, or a multiple."""


def rows_compared(reference: int, held_out: Tensor) -> tuple[int, int]:
    """How many of so many samples of the reference are compared with how many held-out ones.

    At most 128 each, and 32 MB or 16; together a multiple of 16.
    """
    most = min(_MOST_ROWS, max(_FEWEST_ROWS, _MOST_BYTES // max(1, held_out[0].numel() * held_out.element_size())))
    training, unseen = min(reference, most), min(len(held_out), most)
    return training - (training + unseen) % GROUP, unseen


def follow_held_out(reference: Reference, held_out: Tensor) -> Reference:
    """The reference with what chance gives where the discriminator rates both kinds alike."""
    band = Band(0.0, chance_sd(*rows_compared(len(reference.sample), held_out)))
    bands = dict(reference.bands) | {OVERFITTING: band}
    return dataclasses.replace(reference, bands=bands, beside=dict(reference.beside) | overfitting_described())


def overfitting_described() -> dict[str, dict[str, str]]:
    """What the report says of the column."""
    title = (inspect.getdoc(discriminator_overfitting) or OVERFITTING).splitlines()[0]
    return {OVERFITTING: {"title": title, "unit": "2·AUC − 1", "healthy": "low", "part": "part"}}


def overfitting_of(reference: Reference, tensors: Mapping[str, Tensor]) -> dict[str, float]:
    """The column of a capture, NaN where it came without scores; none where nothing is held out."""
    if OVERFITTING not in reference.bands:
        return {}
    sides = {name: tensors[name] for name in (D_TRAINING, D_HELD_OUT) if name in tensors}
    return {OVERFITTING: discriminator_overfitting(**sides) if len(sides) == 2 else math.nan}
