"""Wasserstein distance between two histograms."""

from typing import Any

import numpy as np

from ..errors import InvalidArgument
from ._histograms import as_histograms
from ._normalisation import check_normalisation
from ._series import as_series


def wasserstein_histogram(*, generated: Any, real: Any, positions: Any = None, normalize: str | None = None) -> float:
    """What it costs to turn one histogram into the other: mass times distance, summed, at the least.

    Of order 1, so that the cost is the area between the two cumulative histograms. Where the supports do not meet it
    says how far apart they are, where `jensen_shannon_histogram` says ln 2 at any distance. `normalize` divides by
    - "total_mass": the distance that a unit of mass travels on average, in units of `positions`;
    - "largest_distance": that between two bins; the mass that would cost as much, carried from end to end;
    - "mean_transport": the mean distance between a place in one histogram and an independent one in the other; the
      mass that would cost as much if every unit went to such a place, whatever lies there.
    For shares, which sum to 1, the second and the third are from 0 to 1 and the first changes nothing.

    Shapes: generated (k,), real (k,), positions (k,), where the bins are, by default 0, 1, ...; a float.
    Formula: sum_i |G_i - R_i| (t_{i+1} - t_i), bins in order of their positions t, G_i and R_i = generated and real
        mass up to bin i.
    Unit: mass times distance; less is better.
    Undefined: NaN where normalising would divide 0 by 0, e.g. with all mass in one bin.
    Cost: k ln k, and k^2 for "mean_transport".
    Errors: `InvalidArgument` for masses that are negative or not finite, for other numbers of bins, and for two totals
        that differ: then some mass has nowhere to go; divide each by its sum.
    Source: Peyré and Cuturi, Computational Optimal Transport, 2019, https://arxiv.org/abs/1803.00567.

    >>> from collapse_probe import statistics
    >>> real, generated = [5, 4, 3, 2], [3, 3, 3, 5]  # 14 each
    >>> statistics.wasserstein_histogram(generated=generated, real=real)  # |3 - 5| + |6 - 9| + |9 - 12|
    8.0
    >>> round(statistics.wasserstein_histogram(generated=generated, real=real, normalize="total_mass"), 4)  # 8 / 14
    0.5714
    >>> statistics.wasserstein_histogram(generated=generated, real=real, normalize="largest_distance") == 8 / 3
    True
    """
    check_normalisation(normalize)
    ours, theirs = as_histograms(generated, real)
    places = np.arange(len(ours), dtype=np.float64) if positions is None else as_series("positions", positions)
    if len(places) != len(ours) or not np.isfinite(places).all():
        raise InvalidArgument(f"positions has {len(places)} values; expected {len(ours)} finite ones, one for each bin")
    total = theirs.sum()
    if not np.isclose(ours.sum(), total, rtol=1e-9, atol=0):
        raise InvalidArgument(
            f"generated holds a mass of {ours.sum():g} and real of {total:g}; expected the same: divide each by its sum"
        )
    along = np.argsort(places, kind="stable")
    gaps = np.diff(places[along])
    cost = np.abs((ours - theirs)[along].cumsum()[:-1]) @ gaps
    scale = np.float64(1.0)
    if normalize == "total_mass":
        scale = total
    elif normalize == "largest_distance":
        scale = gaps.sum()
    elif normalize == "mean_transport":
        scale = ours @ np.abs(places[:, None] - places) @ theirs / total**2
    return float(cost / scale) if scale else float("nan")
