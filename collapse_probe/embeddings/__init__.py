"""From samples of any shape (n, ...) to rows (n, d), which is all that statistics read.

An embedding is a plain callable with a `name`, and none is downloaded. `choose` picks one by the shape of a sample,
`fit` makes one by name, fitted on real samples where it needs them; a user's own callable goes wherever one is asked
for. `docs/embeddings.md` says which tells what.

>>> choose((1, 28, 28)).name, choose((2,)).name
('average_pool', 'flatten')
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from torch import Tensor

from ..errors import InvalidArgument, UnknownName
from ._average_pool import AveragePool
from ._edge_orientations import EdgeOrientations
from ._flatten import Flatten
from ._principal_components import PrincipalComponents
from ._random_convolutions import RandomConvolutions


@runtime_checkable
class Embedding(Protocol):
    """A callable from samples (n, ...) to rows (n, d)."""

    @property
    def name(self) -> str: ...

    def __call__(self, samples: Tensor, /) -> Tensor: ...


NAMES = ("average_pool", "edge_orientations", "flatten", "principal_components", "random_convolutions")
_OF_IMAGES: dict[str, type[Embedding]] = {
    "average_pool": AveragePool,
    "edge_orientations": EdgeOrientations,
    "random_convolutions": RandomConvolutions,
}


def choose(shape: tuple[int, ...]) -> Embedding:
    """The embedding for samples of that shape: `average_pool` for images from 8 x 8 up, else `flatten`.

    `shape` is that of one sample. Images are (h, w), or (c, h, w) with up to 4 channels.
    """
    return AveragePool() if AveragePool.suits(tuple(shape)) else Flatten()


def check(name: str) -> None:
    """Raises `UnknownName` where there is no embedding of that name."""
    if name not in NAMES:
        raise UnknownName(
            f"no embedding called {name!r}; known: {', '.join(NAMES)}, or any callable (n, ...) -> (n, d)"
        )


def fit(given: str | Callable[[Tensor], Tensor] | None, real: Tensor) -> Callable[[Tensor], Tensor]:
    """An embedding by name, fitted on real samples (m, ...); a callable is taken as it is, None is `choose`.

    The same samples give the same embedding, so that what was fitted once can be made again from the stored reference.
    Raises `UnknownName` for another name, and `InvalidArgument` where the samples are no images and have to be.

    >>> import torch
    >>> fit("principal_components", torch.eye(5))(torch.zeros(2, 5)).shape
    torch.Size([2, 4])
    """
    shape = tuple(real.shape[1:])
    if given is None:
        return choose(shape)
    if not isinstance(given, str):
        return given
    check(given)
    if given not in _OF_IMAGES:
        return Flatten() if given == "flatten" else PrincipalComponents.fit(real)
    if not AveragePool.suits(shape):
        raise InvalidArgument(
            f"embed={given!r} is for images (h, w) or (c, h, w) of at least 8 x 8, and samples have shape {shape}; "
            "use 'flatten' or 'principal_components', or a callable"
        )
    return _OF_IMAGES[given]()
