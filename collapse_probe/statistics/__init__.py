"""Readings of how generated samples compare with real ones; the folder is the registry.

`statistics.coverage(generated=..., real=...)` computes one; `names()` lists them; `get(name)` gives one whose
`fit(real)` and `compute(generated, state)` can be called apart.

To add one, write two files. `statistics/_<name>.py` defines one frozen dataclass, final, that derives from
`AbstractStatistic` (or from `AbstractModeStatistic`, if it counts modes), with `unit`, `healthy`, `fit`, `compute`
and a docstring with the lines Shapes, Formula, Unit, Undefined, Cost and Source and a doctest.
`tests/statistics/test_<name>.py` holds its closed-form values. Nothing is registered by hand: the report, the
command line and the contract tests find it. `memorisation`, which reads three samples, is a function of its own.

>>> "coverage" in names(), get("coverage").healthy
(True, 'high')
"""

import functools
import sys

from .. import _registry
from ..errors import UnknownName
from ._base import AbstractStatistic as AbstractStatistic
from ._base import State as State
from ._discriminator_edge import discriminator_edge as discriminator_edge
from ._discriminator_overfitting import discriminator_overfitting as discriminator_overfitting
from ._jensen_shannon_histogram import jensen_shannon_histogram as jensen_shannon_histogram
from ._memorisation import Memorisation as Memorisation
from ._memorisation import memorisation as memorisation
from ._mode_seeking_ratio import mode_seeking_ratio as mode_seeking_ratio
from ._mode_statistic import AbstractModeStatistic as AbstractModeStatistic
from ._modes import Modes as Modes
from ._oscillation import oscillation as oscillation
from ._oscillation import turning_rate as turning_rate
from ._per_class import per_class as per_class
from ._protocols import MODE_PROTOCOLS as MODE_PROTOCOLS
from ._protocols import ModeProtocol as ModeProtocol
from ._wasserstein_histogram import wasserstein_histogram as wasserstein_histogram


@functools.cache
def _members() -> dict[str, AbstractStatistic]:
    found = _registry.members(sys.modules[__name__], AbstractStatistic)  # type: ignore[type-abstract]
    return {name: member() for name, member in found.items()}


def names() -> list[str]:
    """The names of all statistics, sorted."""
    return sorted(_members())


def get(name: str) -> AbstractStatistic:
    """The statistic of that name with its default options; `UnknownName` if there is none."""
    return _registry.lookup(_members(), name, "statistic")


def __getattr__(name: str) -> AbstractStatistic:
    # The import system asks for submodules here while the registry is being read.
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return get(name)
    except UnknownName as error:
        raise AttributeError(str(error)) from None


def __dir__() -> list[str]:
    return sorted({*globals(), *names()})
