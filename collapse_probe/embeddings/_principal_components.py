"""Samples in the directions along which real ones differ most."""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from ._flatten import as_floating


@final
@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """The leading principal components of real samples, as rows; fitted once, and frozen.

    Exact, and found through products of samples, so that their number and not that of the pixels sets the cost: 1,024
    colour pictures of 64 x 64 take about a second. The same reference gives the same directions.

    >>> line = torch.tensor([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    >>> embed = PrincipalComponents.fit(line, components=1)
    >>> embed(line).abs().flatten().tolist()  # distances from the mean along the line
    [5.0, 0.0, 5.0]
    """

    mean: Float[Tensor, " d"]
    directions: Float[Tensor, "d p"]
    name: ClassVar[str] = "principal_components"

    @classmethod
    def fit(cls, real: Shaped[Tensor, "m ..."], *, components: int = 16) -> "PrincipalComponents":
        """The `components` leading directions of real samples, fewer where they span fewer."""
        rows = real.reshape(len(real), -1).double()
        mean = rows.mean(dim=0)
        centered = rows - mean
        values, vectors = torch.linalg.eigh(centered @ centered.T)
        # What is left below is rounding, and no direction.
        kept = values > 1e-10 * values[-1].clamp(min=1e-300)
        leading = (centered.T @ vectors[:, kept].flip(1)[:, :components]) / values[kept].flip(0)[:components].sqrt()
        if leading.shape[1] == 0:
            leading = torch.nn.functional.one_hot(torch.tensor([0]), centered.shape[1]).T.double().to(real.device)
        # The sign of an eigenvector is arbitrary; fix it, so that every machine finds the same.
        largest = leading.abs().argmax(dim=0)
        return cls(mean, leading * leading[largest, torch.arange(leading.shape[1], device=real.device)].sign())

    def __call__(self, samples: Shaped[Tensor, "n ..."]) -> Float[Tensor, "n p"]:
        rows = as_floating(samples).reshape(len(samples), -1)
        mean, directions = self.mean.to(rows), self.directions.to(rows)
        # Centred first: far from the origin the difference of two products would lose the digits.
        return (rows - mean) @ directions
