"""Any statistic, class by class: a class that collapses alone hides in the others."""

import math
from typing import Any

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from ..errors import InvalidArgument

GENERATED_ROWS, REAL_ROWS = 8, 32
"""Fewer rows of a class say nothing: it is undefined in that batch, or there is nothing to read it against."""


def per_class(
    name: str,
    *,
    generated: Shaped[Tensor, "n ..."],
    labels: Shaped[Tensor, "..."],
    real: Shaped[Tensor, "m ..."],
    real_labels: Shaped[Tensor, "..."],
    **options: Any,
) -> dict[int, float | Float[Tensor, " k"]]:
    """A statistic of each class by itself, generated samples of the class against real ones of the class.

    `name` is that of a statistic, `options` are its fields. The classes are those with at least 32 real samples, in
    order; one with fewer than 8 generated samples is NaN. Negative labels are no class. What depends on the number of
    samples (most statistics do) is to be read against real samples of the class, as many as there are generated ones:
    `per_class(name, generated=other_real, labels=other_labels, ...)`. A run whose generator and reference are labelled
    has the mean distance within each class in its columns `class_diversity.<class>`, which needs the fewest samples.

    Raises `InvalidArgument` where there is not one label for each sample, `UnknownName` for an unknown statistic.

    >>> import torch
    >>> from collapse_probe.statistics import per_class
    >>> real, labels = torch.arange(64.0)[:, None], torch.arange(64) % 2
    >>> batch = torch.where(labels[:, None] == 1, 7.0, real)  # class 1 is one point
    >>> per_class("mean_pairwise_distance", generated=batch, labels=labels, real=real, real_labels=labels)
    {0: 22.0, 1: 0.0}
    """
    from . import get  # the registry, whose package this module is part of

    statistic = get(name)
    labels, real_labels = torch.as_tensor(labels), torch.as_tensor(real_labels)
    for what, samples, given in (("labels", generated, labels), ("real_labels", real, real_labels)):
        if given.shape != samples.shape[:1] or given.is_floating_point():
            raise InvalidArgument(
                f"{what} is {given.dtype} of shape {tuple(given.shape)} for {len(samples)} samples; expected one whole "
                "number each, e.g. one_hot.argmax(1)"
            )
    found, counts = real_labels[real_labels >= 0].unique(return_counts=True)
    values: dict[int, float | Float[Tensor, " k"]] = {}
    for label in found[counts >= REAL_ROWS].tolist():
        mine = generated[labels.to(generated.device) == label]
        theirs = real[real_labels.to(real.device) == label]
        values[label] = statistic(generated=mine, real=theirs, **options) if len(mine) >= GENERATED_ROWS else math.nan
    return values
