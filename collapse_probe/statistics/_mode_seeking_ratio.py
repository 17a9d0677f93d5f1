"""Does the generator ignore its latents?"""

import math

import torch
from jaxtyping import Int, Shaped
from torch import Tensor

from ..errors import InvalidArgument
from ._distances import is_finite

MOST_ROWS = 1024


def mode_seeking_ratio(
    *,
    generated: Shaped[Tensor, "n ..."],
    latents: Shaped[Tensor, "r ..."],
    labels: Int[Tensor, " l"] | None = None,
) -> float:
    """How far apart samples lie for how far apart their latents are: 0 where the generator ignores its latents.

    Mean absolute difference of the samples over that of their latents, both over all pairs; with `labels` over pairs of
    one class only, so that a conditional generator that follows its labels alone scores 0. There are no real latents to
    read it against, and its scale is that of pixels over latents: compare it with what the same run scored before, or
    another one of the same generator. Without labels it is, up to a constant, the mean distance between samples: then
    `mean_pairwise_distance` says the same, and against real data.

    Shapes: generated (n, ...), latents (n, ...), labels (n,); a float.
    Formula: mean_{i < j} (|y_i - y_j|_1 / d) / mean_{i < j} (|z_i - z_j|_1 / d_z), z = latents; with labels over pairs
        of one class.
    Unit: data units over latent units; more is better.
    Undefined: NaN for fewer than 2 samples (of one class), for latents that are all alike, or where a value is not
        finite.
    Cost: n^2 (d + z) for n up to 1,024, the first of them if there are more.
    Source: Mao et al., CVPR 2019, https://arxiv.org/abs/1903.05628: the ratio of means, as in the published code, and
        over all pairs where the code takes one half of the batch against the other.

    >>> import torch
    >>> from collapse_probe.statistics import mode_seeking_ratio
    >>> latents = torch.tensor([[0.0], [1.0], [2.0]])
    >>> mode_seeking_ratio(generated=3 * latents, latents=latents)
    3.0
    """
    if len(latents) != len(generated) or (labels is not None and labels.shape != generated.shape[:1]):
        raise InvalidArgument(
            f"generated holds {len(generated)} samples, latents {len(latents)}"
            + ("" if labels is None else f" and labels have shape {tuple(labels.shape)}")
            + "; expected one latent, and one label, for each sample"
        )
    if not is_finite(generated) or not is_finite(latents):
        return math.nan
    groups = torch.zeros(len(generated)) if labels is None else labels.cpu()
    groups = groups[:MOST_ROWS]
    same = groups[:, None] == groups
    upper = torch.triu(torch.ones_like(same), diagonal=1) & same
    if not bool(upper.any()):
        return math.nan
    apart, latent_apart = (_mean_difference(each[:MOST_ROWS], upper) for each in (generated, latents))
    return apart / latent_apart if latent_apart > 0 else math.nan


def _mean_difference(rows: Shaped[Tensor, "n ..."], pairs: Tensor) -> float:
    flat = rows.reshape(len(rows), -1).double()
    # Order 1 takes differences: nothing is expanded, and no digits are lost far from the origin.
    return float(torch.cdist(flat, flat, p=1)[pairs.to(flat.device)].mean() / flat.shape[1])
