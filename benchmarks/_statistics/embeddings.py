"""In which embedding does occupancy tell collapsed pictures from merely immature ones?

    python benchmarks/_statistics/embeddings.py                   # a few minutes
    python benchmarks/_statistics/embeddings.py --digits my.npz   # and 28 x 28 digits of your own: images, labels

Batches of 128 pictures are made from held-out real ones: varied ones as they are or paler, blurred, noisy, and collapsed
ones, of one or three classes of ten or of three or ten pictures. An embedding is as good as the area under the ROC curve
(AUC) of occupancy as a share of real data's, each immature kind against each collapsed kind, averaged over the pairs.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from collapse_probe import embeddings, statistics

from .pictures import Pictures, batches, digits, shapes, stored

REFERENCE, SIZE, DRAWS = 512, 128, 8
Embed = Callable[[Tensor], Tensor]


def auc(lower: list[float], higher: list[float]) -> float:
    """How often a value of the first list is below one of the second, ties counting half.

    >>> auc([1.0, 2.0], [2.0, 3.0])
    0.875
    """
    below, above = torch.tensor(lower)[:, None], torch.tensor(higher)
    return float(((below < above).double() + (below == above).double() / 2).mean())


def read(pictures: Pictures, embed: Embed, *, draws: int) -> dict[str, tuple[bool, list[list[float]]]]:
    """Occupancy and matched occupancy of each kind of batch, as shares of what real batches score."""
    images, labels = pictures
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    reference, rest = order[:REFERENCE], order[REFERENCE:]
    members = [statistics.get(name) for name in ("occupancy", "matched_occupancy")]
    points = embed(images[reference]).double()
    states = [member.fit(points) for member in members]
    found: dict[str, tuple[bool, list[list[float]]]] = {}
    for kind, collapsed, batch in batches((images[rest], labels[rest]), SIZE, draws):
        values = [float(member.compute(embed(batch).double(), s)) for member, s in zip(members, states, strict=True)]
        found.setdefault(kind, (collapsed, []))[1].append(values)
    real = torch.tensor(found["real"][1], dtype=torch.float64).mean(0)
    return {kind: (bad, (torch.tensor(rows) / real).tolist()) for kind, (bad, rows) in found.items()}


def fitted(name: str, pictures: Pictures) -> Embed:
    """The embedding, fitted on the same reference as the statistics."""
    order = torch.randperm(len(pictures[0]), generator=torch.Generator().manual_seed(0))
    return embeddings.fit(name, pictures[0][order[:REFERENCE]])


def aucs(found: dict[str, tuple[bool, list[list[float]]]], which: int) -> dict[str, float]:
    """For each collapsed kind, the mean AUC against the kinds that are varied."""
    of = {kind: [row[which] for row in rows] for kind, (_, rows) in found.items()}
    varied = [kind for kind, (bad, _) in found.items() if not bad]
    return {
        kind: sum(auc(of[kind], of[other]) for other in varied) / len(varied) for kind, (bad, _) in found.items() if bad
    }


def milliseconds(embed: Embed, shape: tuple[int, ...], rounds: int = 5) -> float:
    """The median time for 256 samples."""
    samples, taken = torch.rand(256, *shape), []
    for _ in range(rounds):
        began = time.perf_counter()
        embed(samples)
        taken.append(1000 * (time.perf_counter() - began))
    return sorted(taken)[rounds // 2]
