"""Exact optimal transport between two samples of one size: the cheapest way of pairing them.

SciPy's shortest augmenting paths are fast where the best partner is a near neighbour, and up to 20 times slower on a
collapsed batch, whose samples all want the same partners and outbid each other in tiny steps. So prices come first:
the same problem among every fourth point, chosen evenly over the sample, has prices that are nearly right for all.
Taking prices off rows and columns of the costs leaves the best pairing as it was, whatever the prices are.
"""

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

Points = Float[np.ndarray, "n d"]

_SMALL = 200  # Rows up to which prices are not worth their while.
_EVERY = 4


def pair_up(first: Points, second: Points, order: float) -> Int[np.ndarray, " n"]:
    """For each row of `first` its row of `second` under the pairing that minimises the sum of |x - y|^order."""
    costs = _costs(first, second, order)
    if len(first) > _SMALL:
        some_first, some_second = _spread_out(first), _spread_out(second)
        # Only prices of columns are handed on; those of rows follow from them.
        prices = _prices(_costs(some_first, some_second, order), pair_up(some_first, some_second, order))
        row_prices = (_costs(first, some_second, order) - prices).min(axis=1)
        costs -= row_prices[:, None]
        costs -= costs.min(axis=0)
        costs -= costs.min(axis=1)[:, None]
    partners: np.ndarray = linear_sum_assignment(costs)[1]
    return partners


def _costs(first: Points, second: Float[np.ndarray, "m d"], order: float) -> Float[np.ndarray, "n m"]:
    squares: np.ndarray = first @ second.T
    squares *= -2
    squares += np.square(first).sum(axis=1)[:, None]
    squares += np.square(second).sum(axis=1)
    np.maximum(squares, 0, out=squares)
    if order != 2:
        np.power(squares, order / 2, out=squares)
    return squares


def _spread_out(points: Points) -> Float[np.ndarray, "k d"]:
    """Every fourth point along a k-d order: where half of the points are, half of the chosen ones are."""
    runs = [np.arange(len(points))]
    while len(runs[0]) > _EVERY:
        runs = [half for run in runs for half in _halves(points, run)]
    return points[np.concatenate(runs)[_EVERY // 2 :: _EVERY]]


def _halves(points: Points, run: Int[np.ndarray, " k"]) -> tuple[Int[np.ndarray, " a"], Int[np.ndarray, " b"]]:
    inside, middle = points[run], len(run) // 2
    ordered = run[np.argpartition(inside[:, inside.std(axis=0).argmax()], middle)]
    return ordered[:middle], ordered[middle:]


def _prices(costs: Float[np.ndarray, "n n"], pairing: Int[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Prices of the columns under which each row of a best pairing got the cheapest column, by Bellman and Ford."""
    # What the buyer of one column would pay more for another.
    extra = costs[np.argsort(pairing)]
    extra -= extra.diagonal().copy()[:, None]
    prices = np.zeros(len(costs))
    # Prices that are not quite right cost time later on, nothing else.
    for _ in range(len(costs)):
        better = np.minimum(prices, (prices[:, None] + extra).min(axis=0))
        if np.array_equal(better, prices):
            break
        prices = better
    return prices
