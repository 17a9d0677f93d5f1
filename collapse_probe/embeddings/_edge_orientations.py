"""Pictures as the directions of their edges."""

import math
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from ._pictures import averaged, of_length_one, small_pictures


@final
@dataclass(frozen=True)
class EdgeOrientations:
    """How strong edges of each direction are in each of 4 x 4 places, whatever the colours and the contrast.

    On pictures in colour, where averaged pixels mean layout and little else, it tells a generator that draws one
    subject in all colours from a varied one. Nothing is learned. A smooth form of histograms of oriented gradients
    (Dalal and Triggs, CVPR 2005, https://doi.org/10.1109/CVPR.2005.177): each direction takes its share of every
    gradient, in place of votes, and a picture is normalised as a whole.

    >>> step = torch.zeros(1, 8, 8)
    >>> step[..., 4:] = 1
    >>> rows = EdgeOrientations()(torch.stack([step, 3 - 2 * step]))  # other colours, the same edge
    >>> bool(torch.allclose(rows[0], rows[1])), rows.shape
    (True, torch.Size([2, 128]))
    """

    directions: int = 8
    name: ClassVar[str] = "edge_orientations"

    def __call__(self, samples: Shaped[Tensor, "n ..."]) -> Float[Tensor, "n d"]:
        pictures = small_pictures(samples)
        right = pictures[..., 1:-1, 2:] - pictures[..., 1:-1, :-2]
        down = pictures[..., 2:, 1:-1] - pictures[..., :-2, 1:-1]
        # |cos a right + sin a down|^2, summed over channels, from three pictures instead of one for each direction.
        rr, dd, rd = right.square().sum(1), down.square().sum(1), (right * down).sum(1)
        angles = torch.arange(self.directions, device=pictures.device) * (math.pi / self.directions)
        cosine, sine = angles.cos()[:, None, None], angles.sin()[:, None, None]
        energy = cosine**2 * rr[:, None] + sine**2 * dd[:, None] + 2 * cosine * sine * rd[:, None]
        return of_length_one(averaged(energy).clamp(min=0).sqrt(), samples)
