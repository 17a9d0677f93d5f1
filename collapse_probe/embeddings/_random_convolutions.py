"""Pictures through small filters that nobody trained."""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from jaxtyping import Float, Shaped
from torch import Tensor
from torch.nn.functional import conv2d

from ._pictures import averaged, of_length_one, small_pictures


@final
@dataclass(frozen=True)
class RandomConvolutions:
    """How strongly each of 16 fixed random filters responds in each of 4 x 4 places, whatever the contrast.

    3 x 3 filters that sum to nought, drawn from `seed`, and the absolute value. Deeper ones, and ones whose responses
    keep their size, were worse: what noise and blur do to them outweighs what is in the picture.

    >>> step = torch.zeros(1, 8, 8)
    >>> step[..., 4:] = 1
    >>> rows = RandomConvolutions()(torch.stack([step, 5 + step, step / 2]))
    >>> float((rows - rows[0]).abs().max()) < 1e-5  # neither brightness nor contrast counts
    True
    """

    filters: int = 16
    seed: int = 0
    name: ClassVar[str] = "random_convolutions"

    def __call__(self, samples: Shaped[Tensor, "n ..."]) -> Float[Tensor, "n d"]:
        pictures = small_pictures(samples)
        random = torch.Generator().manual_seed(self.seed)
        drawn = torch.randn(self.filters, pictures.shape[1], 3, 3, generator=random)
        drawn -= drawn.mean(dim=(2, 3), keepdim=True)
        return of_length_one(averaged(conv2d(pictures, drawn.to(pictures)).abs()), samples)
