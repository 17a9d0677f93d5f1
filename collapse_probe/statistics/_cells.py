"""Voronoi cells of real data: which of its regions does a batch visit?"""

import torch
from jaxtyping import Float
from torch import Tensor


def fit_cells(real: Float[Tensor, "m d"], cells: int, fits: int) -> Float[Tensor, "fits cells d"]:
    """Centres of `fits` independent k-means runs, seeded 0, 1, ...; fewer cells if there are fewer distinct rows."""
    # Deferred: scikit-learn takes a second to import, and most users of the package never fit cells.
    from sklearn.cluster import KMeans

    rows = real.cpu().numpy()
    cells = min(cells, len(torch.unique(real, dim=0)))
    centers = [KMeans(cells, n_init=1, random_state=seed).fit(rows).cluster_centers_ for seed in range(fits)]
    return torch.stack([torch.from_numpy(found) for found in centers]).to(real.device)


def effective_cells(sample: Float[Tensor, "n d"], centers: Float[Tensor, "fits cells d"]) -> float:
    """exp of the entropy of the cell counts, averaged over the fits as a geometric mean."""
    return float(entropy(cell_counts(sample, centers) / len(sample)).mean().exp())


def cell_counts(sample: Float[Tensor, "n d"], centers: Float[Tensor, "fits cells d"]) -> Float[Tensor, "fits cells"]:
    """How many samples are in each cell."""
    fits, cells, _ = centers.shape
    flat = centers.flatten(0, 1)
    # |x|^2 is left out: it is the same for every centre.
    scores = (flat.square().sum(1) - 2 * sample @ flat.T).reshape(-1, fits, cells)
    labels = scores.argmin(dim=2) + cells * torch.arange(fits, device=sample.device)
    return torch.bincount(labels.flatten(), minlength=fits * cells).reshape(fits, cells).double()


def entropy(shares: Float[Tensor, "... k"]) -> Float[Tensor, "..."]:
    """Entropy in nats of shares that sum to 1, with 0 ln 0 = 0."""
    terms: Tensor = torch.special.xlogy(shares, shares)
    return -terms.sum(dim=-1)
