"""What every log becomes first."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int64


@dataclass(frozen=True)
class Series:
    """The values of one name in the order in which they were logged; what was not measured is not in it, NaN was."""

    step: Int64[np.ndarray, " rows"]
    value: Float[np.ndarray, " rows"]


@dataclass
class Log:
    """The scalars of one run, each with steps of its own."""

    series: dict[str, Series]
    times: Series
    """Seconds since 1970, as far as they are known."""
    counted_by: str
    """What the steps are."""
    problems: list[str] = field(default_factory=list)
    """What of the log could not be read."""


def latest(series: Series) -> Series:
    """One value a step, the one that was logged last, in step order."""
    step, place = np.unique(series.step[::-1], return_index=True)
    return Series(step, series.value[::-1][place])
