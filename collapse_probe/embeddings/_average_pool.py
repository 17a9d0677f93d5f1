"""Small images, as what is left of them at 7 x 7."""

from dataclasses import dataclass
from typing import ClassVar, final

from jaxtyping import Float, Shaped
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from ._flatten import as_floating

MOST_CHANNELS = 4
SMALLEST_SIDE = 8


@final
@dataclass(frozen=True)
class AveragePool:
    """Images averaged down to `side` x `side` per channel, as rows.

    Nothing learned, and on 28 x 28 images as good for telling varied from collapsed as anything learned that was
    tried, random convolutions included. On pictures whose cells of averaged pixels mean no more than
    layout and brightness an embedding of the user's own will do better.

    >>> import torch
    >>> AveragePool(side=2)(torch.eye(8)[None]).tolist()  # each quarter of the diagonal: 4 of 16 pixels
    [[0.25, 0.0, 0.0, 0.25]]
    """

    side: int = 7
    name: ClassVar[str] = "average_pool"

    def __call__(self, samples: Shaped[Tensor, "n ..."]) -> Float[Tensor, "n d"]:
        return adaptive_avg_pool2d(as_floating(samples), self.side).flatten(1)

    @staticmethod
    def suits(shape: tuple[int, ...]) -> bool:
        """Whether samples of that shape are images: (h, w), or (c, h, w) of up to 4 channels."""
        is_image = len(shape) == 2 or (len(shape) == 3 and 1 <= shape[0] <= MOST_CHANNELS)
        return is_image and min(shape[-2:]) >= SMALLEST_SIDE
