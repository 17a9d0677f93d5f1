"""In which embedding does occupancy tell collapsed pictures from merely immature ones?"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from collapse_probe import embeddings, statistics

from .pictures import Pictures, batches

REFERENCE, SIZE = 512, 128
READ = ("occupancy", "matched_occupancy")
Embed = Callable[[Tensor], Tensor]
Kinds = dict[str, list[list[float]]]
"""For each kind of batch, what `READ` say of each draw."""


@dataclass(frozen=True)
class Row:
    """One embedding on one set of pictures."""

    pictures: str
    embedding: str
    aucs: Mapping[str, float]
    """Of each statistic, over all pairs of a collapsed and a varied kind."""
    worst: Mapping[str, float]
    """Of each statistic, that of the worst pair of kinds."""
    fit_seconds: float
    milliseconds: float


def auc(lower: list[float], higher: list[float]) -> float:
    """How often a value of the first list is below one of the second, ties counting half; NaN tells nothing.

    >>> auc([1.0, 2.0], [2.0, 3.0])
    0.875
    """
    below, above = torch.tensor(lower)[:, None], torch.tensor(higher)
    unknown = (below == above) | below.isnan() | above.isnan()
    return float(((below < above).double() + unknown.double() / 2).mean())


def split(pictures: Pictures) -> tuple[Tensor, Pictures]:
    """What is fitted on, and what batches are drawn from."""
    images, labels = pictures
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    return images[order[:REFERENCE]], (images[order[REFERENCE:]], labels[order[REFERENCE:]])


def read(reference: Tensor, rest: Pictures, embed: Embed, *, draws: int) -> tuple[Kinds, Kinds]:
    """The varied and the collapsed kinds of batch, as the statistics see them."""
    members = [statistics.get(name) for name in READ]
    states = [member.fit(embed(reference).double()) for member in members]
    varied: Kinds = {}
    collapsed: Kinds = {}
    for kind, bad, batch in batches(rest, SIZE, draws):
        points = embed(batch).double()
        values = [float(member.compute(points, state)) for member, state in zip(members, states, strict=True)]
        (collapsed if bad else varied).setdefault(kind, []).append(values)
    return varied, collapsed


def measured(name: str, pictures: Pictures, embedding: str, *, draws: int) -> Row:
    """Everything about one embedding on one set of pictures."""
    reference, rest = split(pictures)
    began = time.process_time()
    embed = embeddings.fit(embedding, reference)
    fit_seconds = time.process_time() - began
    varied, collapsed = read(reference, rest, embed, draws=draws)
    pairs = {
        statistic: [
            auc([row[which] for row in low], [row[which] for row in high])
            for low in collapsed.values()
            for high in varied.values()
        ]
        for which, statistic in enumerate(READ)
    }
    return Row(
        name,
        embedding,
        {statistic: sum(found) / len(found) for statistic, found in pairs.items()},
        {statistic: min(found) for statistic, found in pairs.items()},
        fit_seconds,
        milliseconds(embed, tuple(reference.shape[1:])),
    )


def milliseconds(embed: Embed, shape: tuple[int, ...], rounds: int = 7) -> float:
    """The median CPU time for 256 samples."""
    samples, taken = torch.rand(256, *shape), []
    for _ in range(rounds):
        began = time.process_time()
        embed(samples)
        taken.append(1000 * (time.process_time() - began))
    return sorted(taken)[rounds // 2]


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = [
        "| pictures | embedding | occupancy: mean AUC | worst pair | matched occupancy: mean AUC | worst pair "
        "| fit, CPU s | 256 samples, CPU ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [f"{of[statistic]:.2f}" for statistic in READ for of in (row.aucs, row.worst)]
        lines.append(
            f"| {row.pictures} | `{row.embedding}` | {' | '.join(cells)} | {row.fit_seconds:.2f} "
            f"| {row.milliseconds:.1f} |"
        )
    return "\n".join(lines)
