"""MS-SSIM between generated pictures."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d

from ..errors import InvalidArgument
from ._base import AbstractStatistic, State
from ._distances import is_finite

WINDOW, SIGMA = 11, 1.5
EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_PAIRS_AT_A_TIME = 64


@final
@dataclass(frozen=True)
class MultiScaleSSIM(AbstractStatistic):
    """How alike generated pictures are to each other: mean multi-scale structural similarity of random pairs.

    Low is diverse, and noise is lower than any data: read it against real pictures, as
    `multi_scale_ssim(generated=other_real, real=real)`, and beside a statistic of quality. Compare at one size only:
    the window of 11 pixels has to fit, so that five scales need a side of 176, and fewer are used below: 4 from 88, 3
    from 44 (so for 64), 2 from 22 (28, 32), 1 from 11; their exponents then sum to 1 again. Below 11 pixels the window
    is as large as the picture. A negative contrast term counts as 0, where published code gives NaN.

    Shapes: generated (n, h, w) or (n, c, h, w), real alike; a float.
    Formula: mean over pairs of prod_s max(0, mean over places of t_s)^w_s, t = (2 σ_12 + c2) / (σ_1^2 + σ_2^2 + c2), at
        the last scale times (2 μ_1 μ_2 + c1) / (μ_1^2 + μ_2^2 + c1); moments under the window, c1 = 0.01^2, c2 = 0.03^2
        for values whose range, frozen from real data, is 0 to 1; each scale halves the picture.
    Unit: similarity from 0 to 1 (without scales above 1 from -1); as real pictures score is healthy.
    Undefined: NaN where a value is not finite, for fewer than 2 pictures, for rows that are none, or where all real
        pixels are equal.
    Cost: pairs c h w; about 0.1 s for 100 pairs of 3 x 64 x 64. Pictures go through 64 pairs at a time.
    Source: Wang, Simoncelli and Bovik, Asilomar 2003, https://doi.org/10.1109/ACSSC.2003.1292216; as a measure of
        diversity Odena, Olah and Shlens, AC-GAN, ICML 2017, https://arxiv.org/abs/1610.09585.

    >>> import torch
    >>> from collapse_probe import statistics
    >>> real = torch.rand(8, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    >>> round(statistics.multi_scale_ssim(generated=real[:1].repeat(8, 1, 1, 1), real=real), 6)  # one picture
    1.0
    """

    pairs: int = 100
    """Of different pictures, drawn with replacement; all pairs where there are no more."""
    seed: int = 0

    unit: ClassVar[str] = "similarity"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "reference"
    online: ClassVar[bool] = False
    reads: ClassVar[Literal["points", "samples"]] = "samples"

    def fit(self, real: Float[Tensor, "m ..."]) -> State:
        low, high = real.double().aminmax()
        return {"low": low, "high": high}

    def compute(self, generated: Float[Tensor, "n ..."], state: State) -> float:
        if generated.ndim not in (3, 4):
            return math.nan
        pictures = generated if generated.ndim == 4 else generated[:, None]
        width = state["high"] - state["low"]
        if len(pictures) < 2 or not float(width) > 0 or not is_finite(pictures):
            return math.nan
        # The range of the data becomes 0 to 1; float32 keeps enough of it once it begins at 0.
        scaled = ((pictures.double() - state["low"]) / width).float()
        first, second = self._pairs(scaled)
        found = [
            multi_scale_ssim(scaled[i], scaled[j])
            for i, j in zip(first.split(_PAIRS_AT_A_TIME), second.split(_PAIRS_AT_A_TIME), strict=True)
        ]
        return float(torch.cat(found).double().mean())

    def _pairs(self, pictures: Float[Tensor, "n c h w"]) -> tuple[Tensor, Tensor]:
        n = len(pictures)
        every = torch.combinations(torch.arange(n)) if n * (n - 1) // 2 <= self.pairs else None
        generator = torch.Generator().manual_seed(self.seed)
        weights = torch.randn(pictures[0].numel(), generator=generator, dtype=torch.float64)
        # Pairs are drawn from the pictures in an order of their own, so that the order of the batch does not matter.
        order = (pictures.flatten(1).double() @ weights.to(pictures.device)).argsort()
        if every is None:
            first = torch.randint(n, (self.pairs,), generator=generator)
            step = torch.randint(1, n, (self.pairs,), generator=generator)
            every = torch.stack([first, (first + step) % n], dim=1)
        return order[every[:, 0].to(order.device)], order[every[:, 1].to(order.device)]

    def check_samples(self, generated: Tensor, real: Tensor) -> None:
        """Pictures of one shape, at least two of each."""
        for name, sample in (("generated", generated), ("real", real)):
            if sample.ndim not in (3, 4) or len(sample) < 2 or not sample.numel():
                raise InvalidArgument(
                    f"{name} has shape {tuple(sample.shape)}; expected pictures (n, h, w) or (n, c, h, w) with n >= 2, "
                    "as the generator gave them: neither flattened nor embedded"
                )
        if generated.shape[1:] != real.shape[1:]:
            raise InvalidArgument(
                f"generated pictures have shape {tuple(generated.shape[1:])} and real ones {tuple(real.shape[1:])}; "
                "bring both to one size"
            )


def multi_scale_ssim(first: Float[Tensor, "n c h w"], second: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
    """The similarity of each pair of pictures whose values range from 0 to 1."""
    smaller = min(first.shape[2:])
    scales = max(1, min(len(EXPONENTS), int(math.log2(max(1, smaller // WINDOW))) + 1))
    exponents = torch.tensor(EXPONENTS[:scales], device=first.device)
    exponents = exponents / exponents.sum()
    kernel = _window(min(WINDOW, smaller)).to(first)
    product = torch.ones(len(first), device=first.device)
    for scale in range(scales):
        if scale:
            first, second = avg_pool2d(first, 2), avg_pool2d(second, 2)
        luminance, contrast = _terms(first, second, kernel)
        last = scale == scales - 1
        term = (luminance * contrast if last else contrast).mean(dim=(1, 2, 3))
        # A fractional power of a negative number is no number; the single scale needs none.
        product = term if scales == 1 else product * term.clamp(min=0) ** exponents[scale]
    return product


def _terms(first: Tensor, second: Tensor, kernel: Float[Tensor, " s"]) -> tuple[Tensor, Tensor]:
    """Luminance and contrast-structure at each place of the window."""
    mean_1, mean_2 = _blur(first, kernel), _blur(second, kernel)
    variance_1 = (_blur(first * first, kernel) - mean_1**2).clamp(min=0)
    variance_2 = (_blur(second * second, kernel) - mean_2**2).clamp(min=0)
    covariance = _blur(first * second, kernel) - mean_1 * mean_2
    c1, c2 = 0.01**2, 0.03**2
    luminance = (2 * mean_1 * mean_2 + c1) / (mean_1**2 + mean_2**2 + c1)
    return luminance, (2 * covariance + c2) / (variance_1 + variance_2 + c2)


def _window(size: int) -> Float[Tensor, " s"]:
    places = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    weights = torch.exp(-places.square() / (2 * SIGMA**2))
    return weights / weights.sum()


def _blur(pictures: Float[Tensor, "n c h w"], kernel: Float[Tensor, " s"]) -> Float[Tensor, "n c u v"]:
    channels = pictures.shape[1]
    weight = kernel.repeat(channels, 1, 1, 1)
    return conv2d(conv2d(pictures, weight, groups=channels), weight.transpose(2, 3), groups=channels)
