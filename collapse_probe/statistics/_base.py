"""The contract of a statistic."""

import abc
import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from ..errors import InvalidArgument
from ._samples import as_sample, check_device, check_finite, check_rows, check_same_space

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

    def __call__(self, *, generated: Any, real: Any, **options: Any) -> float | Float[Tensor, " k"]:
        """`fit` and `compute` in one call; keyword-only, so that the two cannot be swapped.

        `generated` (n, d) and `real` (m, d) are tensors on one device, NumPy arrays or nested lists, of any real
        type: halves, integers and truth values are computed with in float64. `options` are the fields of the statistic.

        Raises `InvalidArgument` for an unknown option, for what is no array of real numbers, is not two-dimensional,
        has fewer than 2 rows or no columns, for different numbers of columns or devices, and for a NaN or an
        infinity in `real`; in `generated` these make the value NaN.
        """
        known = [f.name for f in dataclasses.fields(self)]
        unknown = sorted(set(options) - set(known))
        if unknown:
            raise InvalidArgument(
                f"unknown option {unknown[0]!r} of {type(self).__name__}; known: {', '.join(known) or 'none'}"
            )
        configured = dataclasses.replace(self, **options)
        generated, real = as_sample("generated", generated), as_sample("real", real)
        configured.check_samples(generated, real)
        check_device(("generated", generated), ("real", real))
        check_finite("real", real)
        # A batch straight from the generator drags its graph along.
        with torch.no_grad():
            return configured.compute(configured.as_read(generated), configured.fit(configured.as_read(real)))

    def check_samples(self, generated: Tensor, real: Tensor) -> None:
        """Raises `InvalidArgument` where the two samples cannot be compared by this statistic."""
        check_rows("generated", generated)
        check_rows("real", real)
        check_same_space(("generated", generated), ("real", real))

    def as_read(self, sample: Shaped[Tensor, "n ..."]) -> Shaped[Tensor, "n ..."]:
        """What a call hands to `fit` and `compute`: whole numbers and truth values as float64."""
        return sample if sample.is_floating_point() else sample.double()
