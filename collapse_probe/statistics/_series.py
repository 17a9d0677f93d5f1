"""Numbers in a row, from whatever a user holds them in."""

from typing import Any

import numpy as np
from jaxtyping import Float

from ..errors import InvalidArgument
from ._samples import as_sample


def as_series(name: str, values: Any) -> Float[np.ndarray, " n"]:
    """A tensor, array or list as a row of float64; `InvalidArgument` where it is not one-dimensional."""
    given = as_sample(name, values)
    if given.ndim != 1:
        raise InvalidArgument(f"{name} has shape {tuple(given.shape)}; expected one row of numbers: {name}.flatten()")
    row: np.ndarray = given.detach().cpu().double().numpy()
    return row
