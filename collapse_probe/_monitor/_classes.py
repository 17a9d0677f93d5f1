"""Diversity within each class of a conditional generator."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from .. import statistics
from .._records import Band
from ..statistics._per_class import GENERATED_ROWS, REAL_ROWS
from ._reference import NULL_DRAWS, Reference, embed_rows

CLASS_DIVERSITY = "class_diversity"
MOST_CLASSES = 64
_FITTED_ROWS = 1024


@dataclass(frozen=True)
class ClassDiversity:
    """How far apart two generated samples of a class lie on average, as a ratio to real samples of that class.

    A mean over pairs is the one diversity that a dozen rows give without bias, so classes of different size can be
    compared: 1 is as spread as real data, 0 a class that is one picture.
    """

    distances: Mapping[int, float]
    """Mean distance between real samples, by class."""
    bands: Mapping[str, Band]

    def measure(self, points: Float[Tensor, "n d"], labels: Int64[Tensor, " n"]) -> dict[str, float]:
        """One column a class, NaN where the capture holds fewer than 8 rows of it."""
        row = {}
        for label, distance in self.distances.items():
            mine = points[labels == label]
            enough = len(mine) >= GENERATED_ROWS
            row[_column(label)] = _mean_distance(mine) / distance if enough else math.nan
        return row

    def described(self) -> dict[str, Any]:
        """What the report says of the columns."""
        title = "Mean distance between samples of one class, as a share of real data's."
        return {CLASS_DIVERSITY: {"title": title, "unit": "ratio", "healthy": "reference", "part": "class"}}


def follow_classes(reference: Reference, sample: Float[Tensor, "m ..."], labels: Int64[Tensor, " m"]) -> Reference:
    """The reference with a statistic for each class that has at least 32 real rows, the 64 largest if there are more.

    Each class is cut in two: one half gives its distance, draws from the other what real data score. Negative labels
    are no class. With no such class the reference is returned as it is.
    """
    finite = sample.flatten(1).isfinite().all(1)
    sample, labels = sample[finite], labels[finite]
    found, counts = labels[labels >= 0].unique(return_counts=True)
    largest = counts.argsort(descending=True, stable=True)[:MOST_CLASSES]
    followed = sorted(int(found[place]) for place in largest if counts[place] >= REAL_ROWS)
    generator = torch.Generator().manual_seed(2)
    distances, bands = {}, {}
    for label in followed:
        rows = torch.nonzero(labels == label).flatten()
        rows = rows[torch.randperm(len(rows), generator=generator)][:_FITTED_ROWS]
        points = embed_rows(sample[rows], reference.embed)
        half = len(points) // 2
        distance = _mean_distance(points[:half])
        if not distance > 0:
            continue
        expected = round(reference.sample_size * float((labels == label).sum()) / len(labels))
        size = min(max(GENERATED_ROWS, expected), (len(points) - half) // 2)
        drawn = [half + torch.randperm(len(points) - half, generator=generator)[:size] for _ in range(NULL_DRAWS)]
        ratios = torch.tensor([_mean_distance(points[draw]) for draw in drawn], dtype=torch.float64) / distance
        # As in the reference: draws without replacement from a finite half vary less than fresh data would.
        spread = float(ratios.std()) / math.sqrt(1.0 - size / (len(points) - half))
        distances[label], bands[_column(label)] = distance, Band(float(ratios.mean()), spread)
    if not distances:
        return reference
    classes = ClassDiversity(distances, bands)
    return dataclasses.replace(reference, classes=classes, bands=dict(reference.bands) | bands)


def _column(label: int) -> str:
    return f"{CLASS_DIVERSITY}.{label}"


def _mean_distance(points: Float[Tensor, "n d"]) -> float:
    member = statistics.get("mean_pairwise_distance")
    return float(member.compute(points, member.fit(points)))
