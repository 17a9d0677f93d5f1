"""From samples of any shape (n, ...) to rows (n, d), which is all that statistics read.

An embedding is a plain callable with a `name`. `choose` picks one by the shape of a sample; a user's own goes wherever
one is asked for.

>>> choose((1, 28, 28)).name, choose((2,)).name
('average_pool', 'flatten')
"""

from typing import Protocol, runtime_checkable

from torch import Tensor

from ._average_pool import AveragePool
from ._flatten import Flatten


@runtime_checkable
class Embedding(Protocol):
    """A callable from samples (n, ...) to rows (n, d)."""

    @property
    def name(self) -> str: ...

    def __call__(self, samples: Tensor, /) -> Tensor: ...


def choose(shape: tuple[int, ...]) -> Embedding:
    """The embedding for samples of that shape: `average_pool` for images from 8 x 8 up, else `flatten`.

    `shape` is that of one sample. Images are (h, w), or (c, h, w) with up to 4 channels.
    """
    return AveragePool() if AveragePool.suits(tuple(shape)) else Flatten()
