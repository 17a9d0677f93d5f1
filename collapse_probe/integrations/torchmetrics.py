"""Every statistic as a `torchmetrics.Metric`; needs `pip install collapse-probe[torchmetrics]`."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from .. import statistics
from ..errors import InvalidArgument
from ..statistics import AbstractStatistic, State


class StatisticMetric(Metric):
    """One of `collapse_probe.statistics` for loops that evaluate with torchmetrics.

    Collects real and generated samples batch by batch, from all processes, and compares them at `compute`.
    `statistic` is a name of `statistics.names()`, `options` are its fields, `embed` turns samples (n, ...) into rows
    (n, d), by default the samples flattened, or as they are for a statistic that reads pictures. With `real` given, or
    with `reset_real_features=False`, the real side is fitted once and kept over `reset`. Other keywords are those of
    `torchmetrics.Metric`.

    Memory: all embedded samples, on the metric's device.
    Undefined: `compute` gives NaN, as the statistic itself does; with fewer than two samples of either kind too.

    Raises `UnknownName` for a statistic that does not exist and `InvalidArgument` for an unknown option.

    >>> metric = StatisticMetric("coverage", options={"k": 1})
    >>> metric.update(torch.tensor([[0.0], [1.0], [2.0], [3.0]]), real=True)
    >>> metric.update(torch.tensor([[0.0], [0.0]]), real=False)
    >>> metric.compute()
    tensor(0.5000)
    """

    is_differentiable = False
    full_state_update = False
    generated: list[Tensor]
    real: list[Tensor]

    def __init__(
        self,
        statistic: str,
        *,
        real: Tensor | None = None,
        embed: Callable[[Tensor], Tensor] | None = None,
        options: Mapping[str, Any] | None = None,
        reset_real_features: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.statistic = _configured(statistic, options or {})
        # Of other metrics it is a constant of the class, and set attributes are refused.
        self.__dict__["higher_is_better"] = {"high": True, "low": False}.get(self.statistic.healthy)
        self.reset_real_features = reset_real_features and real is None
        self._embed = embed
        self._fitted: tuple[int, State] | None = None
        self.add_state("generated", default=[], dist_reduce_fx="cat")
        self.add_state("real", default=[], dist_reduce_fx="cat")
        if real is not None:
            self.update(real, real=True)

    def update(self, samples: Tensor, real: bool) -> None:
        """Take a batch (n, ...) of real or of generated samples."""
        with torch.no_grad():
            as_they_are = samples if self.statistic.reads == "samples" else samples.flatten(1)
            points = as_they_are if self._embed is None else self._embed(samples)
        (self.real if real else self.generated).append(points.detach())

    def compute(self) -> Tensor:
        """The value for all samples since the last `reset`: a number, or a vector where the statistic is one."""
        if not len(self.real) or not len(self.generated):
            return torch.tensor(math.nan)
        real, generated = dim_zero_cat(self.real), dim_zero_cat(self.generated)
        if min(len(real), len(generated)) < 2:
            return torch.tensor(math.nan)
        self.statistic.check_samples(generated, real)
        with torch.no_grad():
            if self._fitted is None or self._fitted[0] != len(real):
                self._fitted = len(real), self.statistic.fit(real)
            value = self.statistic.compute(generated, self._fitted[1])
        return torch.as_tensor(value, dtype=torch.get_default_dtype())

    def reset(self) -> None:
        """Forget the generated samples, and the real ones too unless they are to be kept."""
        # Lists are emptied in place.
        kept = [] if self.reset_real_features else list(self.real)
        super().reset()
        self.real = kept
        if self.reset_real_features:
            self._fitted = None


def _configured(name: str, options: Mapping[str, Any]) -> AbstractStatistic:
    statistic = statistics.get(name)
    known = [field.name for field in dataclasses.fields(statistic)]
    if unknown := sorted(set(options) - set(known)):
        raise InvalidArgument(f"unknown option {unknown[0]!r} of {name}; known: {', '.join(known) or 'none'}")
    return dataclasses.replace(statistic, **options)
