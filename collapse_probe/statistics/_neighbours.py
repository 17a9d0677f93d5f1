"""Close pairs of two large samples, found in float32 and made sure of in float64.

A float32 matrix product takes half as long as one in float64 and a proven bound says by how much it may be wrong:
what it leaves open is looked at again, so that the answer is that of float64. Where it would leave too much open, as
with many ties or a collapsed batch, all is computed in float64.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Bool, Float, Float32, Int64
from torch import Tensor

from ._distances import TIES, is_full_float32, row_blocks, squared_blocks

_FEWEST = 2**22
"""Pairs; with fewer, as in a capture, there is little to save and many of them are close."""
_MOST_CLOSE, _MOST_OPEN = 1 / 128, 1 / 4
"""Shares of the pairs and of the rows of a block; where more must be looked at again, float64 is faster."""
_WIDEST = 2**13
_SPARE = 2
_ROUNDING, _UNDERFLOW = 2.0**-24, 1e-37
_GROUP = 16


def nearest(first: Float[Tensor, "n d"], second: Float[Tensor, "m d"], rank: int = 1) -> Float[Tensor, " n"]:
    """Squared distance from each row of `first` to its `rank`-th nearest row of `second`."""
    found = first.new_empty(len(first))
    unsure = torch.ones(len(first), dtype=torch.bool, device=first.device)
    count = rank + _SPARE
    for rows, bounds in _bounds(first, second) if count < _MOST_CLOSE * len(second) else ():
        lowest, columns = smallest(bounds, count)
        squared = _squared(first[rows], second, torch.arange(len(columns)), columns)
        found[rows] = squared.kthvalue(rank, dim=1).values
        # No other row is closer than the last bound: the found one is right where it does not exceed that.
        unsure[rows] = lowest.amax(dim=1) < found[rows]
        if float(unsure[rows].double().mean()) > _MOST_OPEN:
            break
    if unsure.any():
        blocks = squared_blocks(first[unsure], second)
        found[unsure] = torch.cat([smallest(squared, rank)[0].amax(dim=1) for _, squared in blocks]).clamp_(min=0)
    return found


def close_pairs(
    first: Float[Tensor, "n d"],
    second: Float[Tensor, "m d"],
    reach: Float[Tensor, " m"],
    own_reach: Float[Tensor, " n"] | None,
) -> Iterator[tuple[slice, Int64[Tensor, " pairs"], Int64[Tensor, " pairs"], Float[Tensor, " pairs"]]]:
    """All pairs that may lie within the squared reach of either: rows in the block and in `second`, squared distance.

    That is lowered by `TIES` times the squared norms. By blocks from the first on, until one holds too many pairs.
    """
    own, other = (sample.square().sum(dim=1) for sample in (first, second))
    for rows, bounds in _bounds(first, second):
        close = bounds <= _not_below(reach)
        if own_reach is not None:
            close |= bounds <= _not_below(own_reach[rows, None])
        places = _places(close)
        if places is None:
            return
        left, right = places // len(second), places % len(second)
        squared = _squared(first[rows], second, left, right[:, None]).flatten()
        yield rows, left, right, squared - TIES * (own[rows][left] + other[right])


def smallest(values: Float[Tensor, "n m"], count: int) -> tuple[Float[Tensor, "n count"], Int64[Tensor, "n count"]]:
    """The smallest values of each row in any order, and their columns."""
    groups = values.shape[1] // _GROUP
    if groups <= 2 * count:
        found = values.topk(count, dim=1, largest=False, sorted=False)
        return found.values, found.indices
    # The smallest lie in the groups whose minima are smallest: looking there only is faster.
    head = values[:, : _GROUP * groups].unflatten(1, (_GROUP, groups))
    best = head.amin(dim=1).topk(count, largest=False, sorted=False).indices
    candidates = head.gather(2, best[:, None].expand(-1, _GROUP, -1)).flatten(1)
    found = torch.cat([candidates, values[:, _GROUP * groups :]], dim=1).topk(count, largest=False, sorted=False)
    member, group = found.indices // count, found.indices % count
    columns = member * groups + best.gather(1, group)
    return found.values, torch.where(member < _GROUP, columns, found.indices + (groups - count) * _GROUP)


def _bounds(
    first: Float[Tensor, "n d"], second: Float[Tensor, "m d"]
) -> Iterator[tuple[slice, Float32[Tensor, "rows m"]]]:
    """By blocks of rows, numbers that squared distances do not lie below, nor do they when lowered by `TIES`.

    None at all where that is of no use. A block is the caller's to write to until the next one overwrites it.
    """
    norms, width = [sample.square().sum(dim=1, keepdim=True) for sample in (first, second)], first.shape[1]
    few = len(first) * len(second) < _FEWEST or width > _WIDEST
    if few or not is_full_float32(first) or not float(torch.cat(norms).amax()) < 1e36:
        return
    # One product of d + 2 terms gives |x|^2 - 2 x.y + |y|^2. In whichever order they are summed, it is wrong by at
    # most g (|x|^2 + 2 sum |x_i y_i| + |y|^2) <= 2 g (|x|^2 + |y|^2), g = (d + 4) u / (1 - (d + 4) u) with the rounding
    # of the terms (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1), and by what underflows.
    # 12 u more than that is enough up to d = 10,000.
    lowered = 1 - 2 * (width + 16) * _ROUNDING
    own, other = (norm * lowered - (width + 16) * _UNDERFLOW for norm in norms)
    left = torch.cat([-2 * first, own, torch.ones_like(own)], dim=1).float()
    right = torch.cat([second, torch.ones_like(other), other], dim=1).float().T
    buffer = left.new_empty(0)
    for rows in row_blocks(len(first), len(second)):
        buffer = buffer if len(buffer) else left.new_empty(rows.stop, len(second))
        yield rows, torch.mm(left[rows], right, out=buffer[: rows.stop - rows.start])


def _not_below(values: Float[Tensor, "..."]) -> Float32[Tensor, "..."]:
    return (values * (1 + 4 * _ROUNDING) + _UNDERFLOW).float()


def _places(mask: Bool[Tensor, "n m"]) -> Int64[Tensor, " places"] | None:
    """What `mask.flatten().nonzero()` finds, six times as fast where little is; None where much is."""
    flat = mask.flatten()
    whole = len(flat) // 8 * 8
    eights = flat[:whole].view(torch.int64).nonzero().flatten()
    if len(eights) > _MOST_CLOSE * len(flat):
        return None
    eight, place = flat[:whole].view(-1, 8)[eights].nonzero().unbind(dim=1)
    return torch.cat([8 * eights[eight] + place, whole + flat[whole:].nonzero().flatten()])


def _squared(
    first: Float[Tensor, "n d"], second: Float[Tensor, "m d"], left: Int64[Tensor, " p"], right: Int64[Tensor, "p c"]
) -> Float[Tensor, "p c"]:
    """From the rows `left` to those in `right`, of differences."""
    step = max(1, 2**16 // (right.shape[1] * first.shape[1]))
    parts = zip(left.split(step), right.split(step), strict=True)
    return torch.cat([(second[other] - first[one][:, None]).square_().sum(dim=2) for one, other in parts])
