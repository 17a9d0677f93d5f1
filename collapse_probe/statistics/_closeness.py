"""How near is too near: a distance frozen from real data, and who lies within it."""

import math

import torch
from jaxtyping import Float, Int32
from torch import Tensor

from ..errors import InvalidArgument
from ._distances import TIES, center_of, exact_blocks, squared_blocks, subsample

REFERENCE_ROWS = 1024


def check_level(level: float) -> None:
    """Raises `InvalidArgument` for what is not a share of real samples."""
    if not 0 < level <= 1:
        raise InvalidArgument(f"level is {level}; expected a share of real samples, above 0 and at most 1")


def fit_closeness(real: Float[Tensor, "m d"], level: float, *, seed: int) -> dict[str, Tensor]:
    """The centre, and the squared distance within which that share of up to 1,024 real samples has a neighbour."""
    center = center_of(real)
    rows = subsample(real, REFERENCE_ROWS, seed).double() - center
    nearest = torch.cat([block.topk(2, dim=1, largest=False).values[:, 1] for block in exact_blocks(rows, rows)])
    threshold = nearest.kthvalue(math.ceil(level * len(nearest))).values
    return {"center": center, "squared_threshold": threshold.square()}


def close_neighbours(generated: Float[Tensor, "n d"], state: dict[str, Tensor]) -> Int32[Tensor, " n"]:
    """How many of the other samples lie within that distance of each; rims are inside."""
    rows = generated.double() - state["center"]
    counts = [
        (squared <= state["squared_threshold"]).sum(dim=1, dtype=torch.int32)
        for _, squared in squared_blocks(rows, rows, slack=TIES)
    ]
    return torch.cat(counts) - 1
