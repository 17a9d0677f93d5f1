"""Squared distances that stay right far from the origin.

`torch.cdist` on raw float32 data around 1e3 makes different points look equal (it expands the square above 25
rows). Here data are moved to the mean of the real data in float64 first; after that the expansion is exact to
about 1e-15 of the squared norms, and several times faster than taking differences.
"""

import os
from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

TIES = 1e-12
"""Rounding of an expanded square must not decide a tie: balls are wider by this share of the squared norms."""
_BLOCK = 2**20


def center_of(real: Float[Tensor, "m d"]) -> Float[Tensor, " d"]:
    """The mean of the real data in float64."""
    return real.double().mean(dim=0)


def squared_distances(first: Float[Tensor, "n d"], second: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
    """All squared Euclidean distances between two samples that were moved to the same centre."""
    products = first @ second.T
    return (first.square().sum(1)[:, None] + second.square().sum(1) - 2 * products).clamp_(min=0)


def row_blocks(rows: int, columns: int) -> Iterator[slice]:
    """Slices of the rows of a matrix, each of 8 MB in float64 or of one row."""
    step = max(1, _BLOCK // columns)
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def squared_blocks(
    first: Float[Tensor, "n d"], second: Float[Tensor, "m d"], slack: float = 0.0
) -> Iterator[tuple[slice, Float[Tensor, "rows m"]]]:
    """Squared distances by blocks of rows, 8 MB each, lowered by `slack` times the squared norms.

    Rounding may leave them a little below 0. A block is the caller's to write to until the next one overwrites it.
    """
    first, second = first.detach(), second.detach()
    own, other = ((1 - slack) * sample.square().sum(1) for sample in (first, second))
    # One buffer: blocks allocated in turn leave holes between small results, up to hundreds of MB of them.
    buffer = first.new_empty(min(len(first), max(1, _BLOCK // len(second))), len(second))
    for rows in row_blocks(len(first), len(second)):
        squared = buffer[: rows.stop - rows.start]
        torch.addmm(other, first[rows], second.T, alpha=-2, out=squared)
        yield rows, squared.add_(own[rows, None])


def exact_blocks(first: Float[Tensor, "n d"], second: Float[Tensor, "m d"]) -> Iterator[Float[Tensor, "rows m"]]:
    """Distances by blocks of rows, 8 MB each, from differences: slower, and equal rows are at distance 0."""
    for rows in row_blocks(len(first), len(second)):
        yield torch.cdist(first[rows], second, compute_mode="donot_use_mm_for_euclid_dist")


def is_full_float32(sample: Tensor) -> bool:
    """Whether matrix products in float32 are computed in float32, and not in a shorter type to save time."""
    by_environment = any(f"{name}_DEFAULT_FPMATH_MODE" in os.environ for name in ("DNNL", "ONEDNN"))
    if sample.device.type != "cpu" or torch.is_autocast_enabled("cpu") or by_environment:
        return False
    try:
        return bool(torch.get_float32_matmul_precision() == "highest")
    except RuntimeError:  # it was set by backend, which this question does not understand
        return False


def is_finite(sample: Tensor) -> bool:
    """Whether a batch can be measured at all: it holds something, and no NaN or infinity of a diverged generator."""
    return len(sample) > 0 and bool(torch.isfinite(sample).all())


def subsample(real: Float[Tensor, "m d"], rows: int, seed: int) -> Float[Tensor, "k d"]:
    """At most `rows` of the rows, drawn without replacement; data sets are often sorted by class."""
    if len(real) <= rows:
        return real
    generator = torch.Generator().manual_seed(seed)
    return real[torch.randperm(len(real), generator=generator)[:rows].to(real.device)]


def canonical(rows: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
    """The rows in an order that depends on their values alone, so that what is drawn of them does too."""
    weights = torch.linspace(1, 2, rows.shape[1], dtype=torch.float64, device=rows.device).sqrt()
    # Not a matrix product: the rounding of a row must not depend on its place.
    return rows[(rows * weights).sum(dim=1).argsort(stable=True)]


def sum_over_pairs(
    first: Float[Tensor, "n d"], second: Float[Tensor, "m d"], of: Callable[[Tensor], Tensor]
) -> Float[Tensor, ""]:
    """The sum of a function of the squared distance over all pairs, a block of 8 MB at a time."""
    blocks = squared_blocks(first, second)
    return torch.stack([of(squares.clamp_(min=0)).sum() for _, squares in blocks]).sum()


def halves(real: Shaped[Tensor, "m ..."], seed: int) -> tuple[Shaped[Tensor, "k ..."], Shaped[Tensor, "r ..."]]:
    """The rows cut in two at random, the first half the smaller one of an odd number; fewer than 4 are taken twice."""
    if len(real) < 4:
        return real, real
    generator = torch.Generator().manual_seed(seed)
    first, second = torch.randperm(len(real), generator=generator).to(real.device).tensor_split([len(real) // 2])
    return real[first], real[second]
