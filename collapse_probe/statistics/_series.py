"""Numbers in a row, from whatever a user holds them in."""

from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from ..errors import InvalidArgument


def as_series(name: str, values: Any) -> Float[np.ndarray, " n"]:
    """A tensor, array or sequence as a row of float64; `InvalidArgument` where it is not one-dimensional."""
    given = values.detach().cpu().double().numpy() if isinstance(values, Tensor) else values
    try:
        row = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidArgument(f"{name} is a {type(values).__name__} that holds more than real numbers") from None
    if row.ndim != 1:
        raise InvalidArgument(f"{name} has shape {row.shape}; expected one row of numbers, e.g. {name}.flatten()")
    return row
