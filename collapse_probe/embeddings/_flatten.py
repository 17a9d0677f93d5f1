"""Samples as they are."""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from jaxtyping import Float, Shaped
from torch import Tensor


@final
@dataclass(frozen=True)
class Flatten:
    """Every sample as one row of its numbers.

    >>> Flatten()(torch.zeros(5, 2, 3)).shape
    torch.Size([5, 6])
    """

    name: ClassVar[str] = "flatten"

    def __call__(self, samples: Shaped[Tensor, "n ..."]) -> Float[Tensor, "n d"]:
        return as_floating(samples).reshape(len(samples), -1)


def as_floating(samples: Shaped[Tensor, "..."]) -> Float[Tensor, "..."]:
    """float64 on the CPU, where statistics are computed; float32 on an accelerator, where doubles are slow."""
    return samples.to(torch.float64 if samples.device.type == "cpu" else torch.float32)
