"""Quantile functions of samples on a line, of any two sizes."""

import torch
from jaxtyping import Float
from torch import Tensor


def sorted_rows(values: Float[Tensor, "k n"]) -> Float[Tensor, "k n"]:
    """Each row in ascending order."""
    if values.device.type == "cpu":
        # NumPy sorts several times faster than torch, which computes indices as well.
        rows = values.numpy().copy()
        rows.sort(axis=1)
        return torch.from_numpy(rows)
    return values.sort(dim=1).values


def common_quantiles(n: int, m: int) -> tuple[Tensor, Tensor, Tensor]:
    """Where the quantile functions of n and of m points are both constant: widths, and which point each is at.

    In whole multiples of 1 / (n m), so that no rounding decides which point a level belongs to.
    """
    ends = torch.unique(torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]))
    widths = torch.diff(ends, prepend=ends.new_zeros(1)).double() / (n * m)
    return widths, (ends - 1) // m, (ends - 1) // n


def mean_power_gap(ours: Float[Tensor, "k n"], theirs: Float[Tensor, "k m"], order: float = 2.0) -> Float[Tensor, " k"]:
    """W_p^p of each pair of rows, both sorted: the integral of |difference of the quantile functions|^p."""
    n, m = ours.shape[1], theirs.shape[1]
    if n == m:
        gaps = ours - theirs
        return _power(gaps, order).mean(dim=1)
    widths, first, second = (part.to(ours.device) for part in common_quantiles(n, m))
    return _power(ours[:, first] - theirs[:, second], order) @ widths


def _power(gaps: Float[Tensor, "k n"], order: float) -> Float[Tensor, "k n"]:
    return gaps.square_() if order == 2 else gaps.abs_() if order == 1 else gaps.abs_().pow_(order)
