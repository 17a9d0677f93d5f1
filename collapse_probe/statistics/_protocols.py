"""How published work counts modes: the same words, different rules."""

from dataclasses import dataclass
from typing import Literal, final

from ..errors import InvalidArgument, UnknownName


@final
@dataclass(frozen=True)
class ModeProtocol:
    """When a sample is of high quality, when a mode is captured, and over which samples shares are taken.

    The published ones, by name, in `MODE_PROTOCOLS`. They are for round modes in two dimensions; mixtures and centres
    are given beside them (`cp.toy.ring(8)`, of radius 2 for `self_conditioned`, and `cp.toy.grid(5)`).

    | name | high quality | perfect score, 2-D | captured by | shares over | samples |
    |---|---|---|---|---|---|
    | `calibrated`, our own | within 3 sd, as unlikely beyond 2-D | 0.9889 | a tenth of its share | high quality | any |
    | `veegan` | within 3 sd | 0.9889 | 1 sample | high quality | 2,500 |
    | `pacgan` | below 3 sd | 0.9889 | 1 sample | high quality | 2,500 |
    | `gdpp` | at most 3 sd | 0.9889 | 1 sample | high quality | 2,500 |
    | `self_conditioned` | each coordinate within 3 sd | 0.9946 | 1 sample | all | 50,000 |

    Beyond two dimensions a fixed radius means another share: of a Gaussian in 700 dimensions no sample lies within
    10 sd.

    >>> ModeProtocol(radius=10.0).radius, MODE_PROTOCOLS["pacgan"].min_count
    (10.0, 1)
    """

    metric: Literal["ball", "box"] = "ball"
    """In units of the mode's standard deviation: Euclidean (so Mahalanobis), or by the worst coordinate."""
    radius: float | None = None
    """In standard deviations; None keeps 98.889 % of a Gaussian in any dimension: 3 in two."""
    closed: bool = False
    """Whether a sample at just that distance counts."""
    min_count: int = 1
    """Samples of high quality that capture a mode."""
    min_share: float = 0.1
    """Of those that it would hold if the batch were as real data."""
    shares_over: Literal["high_quality", "every"] = "high_quality"
    """The samples that reverse KL, Jensen-Shannon and the like are computed over."""
    samples: int | None = None
    """How many samples the published numbers are of; another number of them is refused."""


MODE_PROTOCOLS = {
    "calibrated": ModeProtocol(),
    "veegan": ModeProtocol(radius=3.0, closed=True, min_share=0.0, samples=2500),
    "pacgan": ModeProtocol(radius=3.0, min_share=0.0, samples=2500),
    "gdpp": ModeProtocol(radius=3.0, closed=True, min_share=0.0, samples=2500),
    "self_conditioned": ModeProtocol("box", 3.0, True, min_share=0.0, shares_over="every", samples=50_000),
}
"""Srivastava et al., VEEGAN, 2017, https://arxiv.org/abs/1705.07761; Lin et al., PacGAN, 2018,
https://arxiv.org/abs/1712.04086; Elfeki et al., GDPP, 2019, https://arxiv.org/abs/1812.00068; Liu et al.,
self-conditioned GAN, 2020, https://arxiv.org/abs/2006.10728: the last three as their published code does it."""


def as_protocol(given: object) -> ModeProtocol:
    """A protocol from its name."""
    if isinstance(given, ModeProtocol):
        return given
    if not isinstance(given, str):
        raise InvalidArgument(
            f"protocol is a {type(given).__name__}; expected a name ({', '.join(MODE_PROTOCOLS)}) or a ModeProtocol"
        )
    if given not in MODE_PROTOCOLS:
        raise UnknownName(f"no protocol called {given!r}; known: {', '.join(MODE_PROTOCOLS)}")
    return MODE_PROTOCOLS[given]
