"""Similarity of samples as a kernel: mean, spectrum, and the bandwidth that real data set."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from ._distances import is_full_float32, squared_blocks, squared_distances, subsample
from ._trace_estimate import mean_entropy_term

_PIVOTS, _ENOUGH = 64, 192
_SHORT_ROUNDING = 1e-6
"""How far an estimate in float32 is off for that alone, as a share of the score."""
_MISSING = 1e-8
"""Share of the trace that a factor of a kernel matrix may leave out: the entropy is off by 3e-7 at most."""


def squared_bandwidth_of(
    rows: Float[Tensor, "m d"], share: float, *, most_rows: int, seed: int
) -> tuple[Float[Tensor, ""], Float[Tensor, " pairs"]]:
    """The square of that share of the median distance between real samples, and the distances it is the median of."""
    distances = torch.pdist(subsample(rows, most_rows, seed))
    return (share * distances.median()).square(), distances


def mean_squared_kernel(rows: Float[Tensor, "n d"], squared_bandwidth: Float[Tensor, ""]) -> Float[Tensor, ""]:
    """Mean over all pairs, each with itself included, of the squared Gaussian kernel; 1 / it is the RKE mode count."""
    # k^2 of a Gaussian kernel with bandwidth s is exp(-d^2 / s^2).
    sums = [squared.clamp_(min=0).div_(-squared_bandwidth).exp_().sum() for _, squared in squared_blocks(rows, rows)]
    return torch.stack(sums).sum() / len(rows) ** 2


def gaussian_spectrum(rows: Float[Tensor, "n d"], squared_bandwidth: Float[Tensor, ""]) -> Float[Tensor, " r"]:
    """Eigenvalues of the Gaussian kernel matrix of the rows, divided by n, those that matter.

    A pivoted Cholesky factor by blocks stops when it holds the trace; of samples that fall into groups it is narrow.
    Where it is not, all n eigenvalues are found.
    """
    factor = _narrow_factor(rows, squared_bandwidth)
    if factor is None:
        return _eigenvalues(_gaussian(rows, rows, squared_bandwidth) / len(rows))
    return _eigenvalues(factor.T @ factor / len(rows))


def estimated_entropy(
    rows: Float[Tensor, "n d"], squared_bandwidth: Float[Tensor, ""], error: float, seed: int
) -> float | None:
    """Entropy of the eigenvalues of that matrix to that standard error, without finding them.

    None where they are few, so that finding them takes no longer, or where the estimate does not come so near.
    """
    if _narrow_factor(rows, squared_bandwidth) is not None:
        return None
    short = error > 100 * _SHORT_ROUNDING and is_full_float32(rows)
    matrix = _kernel_matrix(rows, squared_bandwidth, torch.float32 if short else torch.float64)
    found = mean_entropy_term(matrix, error, seed)
    return math.log(len(rows)) - found.value if found.error <= error else None


def _kernel_matrix(
    rows: Float[Tensor, "n d"], squared_bandwidth: Float[Tensor, ""], dtype: torch.dtype
) -> Float[Tensor, "n n"]:
    matrix = rows.new_empty(len(rows), len(rows), dtype=dtype)
    for block, squared in squared_blocks(rows, rows):
        torch.exp(squared.clamp_(min=0).div_(-2 * squared_bandwidth).to(dtype), out=matrix[block])
    return matrix


def _narrow_factor(
    rows: Float[Tensor, "n d"], squared_bandwidth: Float[Tensor, ""]
) -> Float[Tensor, "n columns"] | None:
    """A factor of the Gaussian kernel matrix with less than n / 3 columns, if there is one."""
    size = len(rows)
    factor = rows.new_zeros(size, 0)
    left = rows.new_ones(size)
    while factor.shape[1] < size // 3 and float(left.sum()) > _MISSING * size:
        # The first columns hold the most: at the rate of so far, too many would be needed.
        if factor.shape[1] >= _ENOUGH and size - float(left.sum()) < 3 * factor.shape[1]:
            return None
        pivots = left.topk(min(_PIVOTS, size)).indices
        columns = _gaussian(rows, rows[pivots], squared_bandwidth) - factor @ factor[pivots].T
        values, vectors = torch.linalg.eigh(columns[pivots])
        # Pivots that resemble each other add nothing but rounding.
        kept = values > 1e-8 * values[-1]
        new = columns @ (vectors[:, kept] / values[kept].sqrt())
        factor = torch.cat([factor, new], dim=1)
        left = (left - new.square().sum(dim=1)).clamp_(min=0)
    return factor if float(left.sum()) <= _MISSING * size else None


def linear_spectrum(rows: Float[Tensor, "n d"]) -> Float[Tensor, " r"]:
    """Eigenvalues of the matrix of scalar products, divided by n, from the smaller of its two forms."""
    return _eigenvalues(_smaller_gram(rows) / len(rows))


def mean_squared_product(rows: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """Mean over all pairs of the squared scalar product: the sum of squares of that spectrum."""
    return _smaller_gram(rows).square().sum() / len(rows) ** 2


def unit_rows(rows: Float[Tensor, "n d"]) -> Float[Tensor, "n columns"]:
    """Rows of length 1; a row of zeros gets a direction of its own, so that it is like itself and like no other."""
    lengths = rows.norm(dim=1, keepdim=True)
    zero = (lengths == 0).to(rows.dtype)
    return torch.cat([rows / (lengths + zero), zero], dim=1)


def _gaussian(first: Tensor, second: Tensor, squared_bandwidth: Tensor) -> Tensor:
    similarity: Tensor = (squared_distances(first, second) / (-2 * squared_bandwidth)).exp_()
    return similarity


def _eigenvalues(matrix: Float[Tensor, "r r"]) -> Float[Tensor, " r"]:
    found: Tensor = torch.linalg.eigvalsh(matrix)
    return found


def _smaller_gram(rows: Float[Tensor, "n d"]) -> Float[Tensor, "r r"]:
    return rows.T @ rows if rows.shape[1] < len(rows) else rows @ rows.T
