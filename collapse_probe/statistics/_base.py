"""The contract of a statistic."""

import abc
import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from ..errors import InvalidArgument

State = dict[str, Tensor]
"""What a statistic keeps of the real data: named tensors, frozen for the run, stored as safetensors."""


@dataclass(frozen=True)
class AbstractStatistic(abc.ABC):
    """One reading of how generated samples compare with real ones.

    A member is a frozen dataclass whose fields are its options, each with a default. Laws, which the contract
    tests ask of every member:

    - same input, same output; no global random state (a `seed` field where something is drawn);
    - the order of the generated samples does not matter, and no input is written to;
    - right at any offset: float32 data around 1e3 give the value of the centred data;
    - undefined is NaN, never an exception, and the docstring says when; a batch that holds a NaN or an
      infinity is undefined for every member;
    - a fully collapsed batch (all rows equal) gives a finite value, unless the docstring says that the
      statistic is undefined for such real data.
    """

    unit: ClassVar[str]
    healthy: ClassVar[Literal["high", "low", "reference"]]
    """Which side is good: more, less, or as close as possible to what real data score."""
    part: ClassVar[str] = "part"
    """What one entry is of, where the value is a vector."""
    online: ClassVar[bool] = True
    """Whether it is measured at every capture of a run; the others are there to be called."""
    reads: ClassVar[Literal["points", "samples"]] = "points"
    """Rows (n, d), embedded where samples are pictures; or samples as the generator gives them."""

    @abc.abstractmethod
    def fit(self, real: Shaped[Tensor, "m ..."]) -> State:
        """What is needed of the real data, computed once and frozen; (m, d) except under a classifier."""

    @abc.abstractmethod
    def compute(self, generated: Shaped[Tensor, "n ..."], state: State) -> float | Float[Tensor, " k"]:
        """The value for one batch of generated samples; a vector where the statistic has several parts."""

    def __call__(
        self, *, generated: Shaped[Tensor, "n ..."], real: Shaped[Tensor, "m ..."], **options: Any
    ) -> float | Float[Tensor, " k"]:
        """`fit` and `compute` in one call; keyword-only, so that the two cannot be swapped.

        `options` are the fields of the statistic. Raises `InvalidArgument` for an unknown one, for inputs that
        are not two-dimensional, for different numbers of columns and for fewer than 2 rows.
        """
        known = [f.name for f in dataclasses.fields(self)]
        unknown = sorted(set(options) - set(known))
        if unknown:
            raise InvalidArgument(
                f"unknown option {unknown[0]!r} of {type(self).__name__}; known: {', '.join(known) or 'none'}"
            )
        configured = dataclasses.replace(self, **options)
        configured.check_samples(generated, real)
        # A batch straight from the generator drags its graph along.
        with torch.no_grad():
            return configured.compute(generated, configured.fit(real))

    def check_samples(self, generated: Tensor, real: Tensor) -> None:
        """Raises `InvalidArgument` where the two samples cannot be compared by this statistic."""
        for name, sample in (("generated", generated), ("real", real)):
            if sample.ndim != 2 or len(sample) < 2:
                raise InvalidArgument(
                    f"{name} has shape {tuple(sample.shape)}; expected (n, d) with n >= 2: "
                    f"flatten or embed the samples first, e.g. {name}.flatten(1)"
                )
        if generated.shape[1] != real.shape[1]:
            raise InvalidArgument(
                f"generated has {generated.shape[1]} columns and real has {real.shape[1]}; embed both the same way"
            )
