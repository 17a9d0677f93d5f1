"""A Gaussian mixture fitted on real data, for when nobody told us the modes."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

MOST_MODES = 32
MOST_DIRECTIONS = 16
FULL_COVARIANCE_UP_TO = 3
MOST_ROWS = 2048
ROWS_PER_MODE = 8

Array = NDArray[np.float64]


def principal_directions(centered: Float[Tensor, "m d"]) -> Float[Tensor, "d p"]:
    """At most 16 leading directions, of those that carry at least a thousandth of the first one's variance."""
    _, singular, directions = torch.linalg.svd(centered, full_matrices=False)
    kept = int((singular.square() > 1e-3 * singular[0].square()).sum()) if float(singular[0]) > 0 else 1
    found: Tensor = directions[: min(kept, MOST_DIRECTIONS)].T
    # The sign of a singular vector is arbitrary; fix it, so that every machine stores the same state.
    largest = found.abs().argmax(dim=0)
    signs = found[largest, torch.arange(found.shape[1], device=found.device)].sign()
    return found * signs


class Fitted(NamedTuple):
    """Gaussian modes in the space of `points @ shared`, or of the points themselves."""

    centers: Float[Tensor, "k p"]
    whitening: Float[Tensor, "k p"] | Float[Tensor, "k p p"]
    """Inverse Cholesky factors of covariances, or 1."""
    shared: Float[Tensor, "p p"] | None
    """The inverse Cholesky factor of the one covariance of all modes, if there is one."""


def fit_mixture(points: Float[Tensor, "m p"]) -> Fitted:
    """The mixture with the lowest BIC: full covariances up to 3 dimensions, beyond that one covariance for all modes.

    A few hundred pictures cannot pay for covariances of each mode's own, not even diagonal ones: 256 handwritten digits
    came out as 2 modes, and come out as 15 with one for all. The price is that a mode much wider than the others is
    cut in several. `points` are centred.
    """
    # Deferred: SciPy's clustering is slow to import, and known modes never need it.
    from scipy.cluster.hierarchy import cut_tree, ward

    scale = float(points.square().mean().sqrt()) or 1.0
    rows = (points / scale).cpu().numpy()
    limit = max(1, min(MOST_MODES, len(rows) // ROWS_PER_MODE, len(np.unique(rows, axis=0))))
    # One tree gives the start for every number of modes, and unlike k-means it neither merges two far
    # modes while it splits a third, nor draws anything.
    labels = cut_tree(ward(rows), n_clusters=range(1, limit + 1)) if limit > 1 else np.zeros((len(rows), 1), np.int64)
    full = rows.shape[1] <= FULL_COVARIANCE_UP_TO
    candidates = (_fit_from(rows, labels[:, column], full) for column in range(limit))
    _, means, precisions = min(candidates, key=lambda found: found[0])
    centers, whitening = (torch.from_numpy(found).to(points.device) for found in (means, precisions))
    if full:
        return Fitted(centers * scale, whitening / scale, None)
    return Fitted(centers @ whitening, torch.ones_like(centers), whitening / scale)


def _fit_from(
    rows: Float[Array, "m p"], labels: Int[NDArray[np.int64], " m"], full: bool
) -> tuple[float, Float[Array, "k p"], Float[Array, "..."]]:
    """BIC, means and inverse Cholesky factors after EM from the given clusters."""
    # Deferred like SciPy's clustering.
    from sklearn.mixture import GaussianMixture

    modes, dimensions = int(labels.max()) + 1, rows.shape[1]
    # A mode of one sample must not pay: its likelihood has no other bound than this variance.
    least_variance = 1e-6 if full else 1e-3
    counts = np.bincount(labels)
    means = np.stack([np.bincount(labels, weights=column) for column in rows.T], axis=1) / counts[:, None]
    within = rows - means[labels]
    pooled = within.T @ within / len(rows) + least_variance * np.eye(dimensions)
    precision = np.linalg.inv(pooled)
    mixture = GaussianMixture(
        modes,
        covariance_type="full" if full else "tied",
        reg_covar=least_variance,
        weights_init=counts / len(rows),
        means_init=means,
        precisions_init=np.stack([precision] * modes) if full else precision,
        init_params="random_from_data",
        random_state=0,
        max_iter=1000,
    ).fit(rows)
    return float(mixture.bic(rows)), mixture.means_, mixture.precisions_cholesky_
