"""What the embeddings that look at edges share."""

from jaxtyping import Float, Shaped
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

SIDE = 14
"""Pictures are averaged down to this first: noise goes, shapes stay."""
PLACES = 4
_LEAST_CONTRAST = 1e-4
"""As a share of the brightest pixel; below it a picture is flat, and its edges are rounding."""


def small_pictures(samples: Shaped[Tensor, "n ..."]) -> Float[Tensor, "n c h w"]:
    """Images (n, h, w) or (n, c, h, w) at most 14 pixels high and wide."""
    pictures = (samples if samples.ndim == 4 else samples[:, None]).float()
    height, width = (min(length, SIDE) for length in pictures.shape[2:])
    return pictures if pictures.shape[2:] == (height, width) else adaptive_avg_pool2d(pictures, (height, width))


def averaged(responses: Float[Tensor, "n k h w"]) -> Float[Tensor, "n d"]:
    """Responses averaged over each of 4 x 4 places, as rows."""
    rows: Tensor = adaptive_avg_pool2d(responses, PLACES).flatten(1)
    return rows


def of_length_one(rows: Float[Tensor, "n d"], samples: Shaped[Tensor, "n ..."]) -> Float[Tensor, "n d"]:
    """Rows scaled to length 1, so that contrast does not count; shorter for a flat picture. float64 on the CPU."""
    least = _LEAST_CONTRAST * samples.flatten(1).abs().amax(dim=1, keepdim=True).float()
    scaled: Tensor = rows / rows.norm(dim=1, keepdim=True).maximum(least).clamp(min=1e-30)
    return scaled.double() if samples.device.type == "cpu" else scaled
