"""What functions of two histograms ask of them."""

from typing import Any

import numpy as np
from jaxtyping import Float

from ..errors import InvalidArgument
from ._series import as_series

Masses = Float[np.ndarray, " k"]


def as_histograms(generated: Any, real: Any) -> tuple[Masses, Masses]:
    """Both as float64; `InvalidArgument` unless they have as many bins and hold masses, some of them not 0."""
    both = as_series("generated", generated), as_series("real", real)
    for name, masses in zip(("generated", "real"), both, strict=True):
        if not np.isfinite(masses).all() or (masses < 0).any() or not masses.sum() > 0:
            shown = np.array2string(masses, threshold=8, precision=4)
            raise InvalidArgument(f"{name} is {shown}; expected masses or counts of at least 0, not all of them 0")
    if len(both[0]) != len(both[1]):
        raise InvalidArgument(
            f"generated has {len(both[0])} bins and real has {len(both[1])}; count both in the same bins, "
            "e.g. numpy.histogram(x, bins=edges)[0]"
        )
    return both
