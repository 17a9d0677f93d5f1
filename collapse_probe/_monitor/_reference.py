"""Real data, frozen: what every statistic is read against."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from .. import embeddings, statistics
from .._records import Band
from ..errors import InvalidArgument
from ..statistics._base import AbstractStatistic, State
from ..statistics._mode_statistic import AbstractModeStatistic
from ..statistics._modes import LabelModes, as_modes

Embed = Callable[[Tensor], Tensor]


@runtime_checkable
class Classes(Protocol):
    """Statistics for each class of a conditional generator."""

    def measure(self, points: Float[Tensor, "n d"], labels: Int64[Tensor, " n"]) -> dict[str, float]:
        """One column a class."""

    def described(self) -> dict[str, Any]:
        """What the report says of the columns."""


MINIMUM_ROWS = 32
NULL_DRAWS = 32


@dataclass(frozen=True)
class Reference:
    """A sample of real data with every statistic fitted on it and calibrated against itself.

    The sample is cut in two: statistics are fitted on one half, and draws from the other half, each as large as a
    capture that will be read against them, give what real data score: mean and spread, the band.
    """

    sample: Float[Tensor, "m ..."]
    statistics: Mapping[str, AbstractStatistic]
    states: Mapping[str, State]
    bands: Mapping[str, Band]
    sample_size: int
    """Rows of a capture that are measured: at most half of the calibration half."""
    embed: Embed
    classes: Classes | None = None
    beside: Mapping[str, Any] = field(default_factory=dict)
    """What the report says of columns that are not measured on samples."""

    def measure(self, samples: Float[Tensor, "n ..."], labels: Int64[Tensor, " n"] | None = None) -> dict[str, float]:
        """The statistics of one batch of generated samples, by column; `not_finite` counts rows that are NaN or inf.

        Rows beyond `sample_size` are left out, since many statistics depend on the number of rows. With fewer
        finite rows than that every statistic is NaN. With `labels`, classes that are followed have columns too.
        """
        # A sum in float64 is finite when all of its float32 terms are, and is found in a fourth of the time.
        finite = samples.flatten(1).sum(1, dtype=torch.float64).isfinite()
        bad = int((~finite).sum())
        usable = (samples[finite] if bad else samples)[: self.sample_size]
        row = {"not_finite": float(bad)} if bad else {}
        if len(usable) < self.sample_size:
            return row | dict.fromkeys(self.bands, math.nan)
        points = embed_rows(usable, self.embed)
        if self.classes is not None and labels is not None:
            row |= self.classes.measure(points, labels[finite][: self.sample_size])
        return row | _measure(usable, points, self.statistics, self.states)

    def described(self) -> dict[str, Any]:
        """What goes into the run folder beside the tensors: bands, sizes, and what each statistic is."""
        return {
            "sample_size": self.sample_size,
            "bands": {column: [band.mean, band.sd] for column, band in self.bands.items()},
            "statistics": {
                name: {
                    "title": (type(member).__doc__ or name).strip().splitlines()[0],
                    "unit": member.unit,
                    "healthy": member.healthy,
                    "part": member.part,
                }
                for name, member in self.statistics.items()
            }
            | ({} if self.classes is None else self.classes.described())
            | dict(self.beside),
        }


def fit_reference(
    sample: Float[Tensor, "m ..."],
    *,
    sample_size: int,
    modes: Any = None,
    embed: Embed | str | None = None,
    shuffle: bool = True,
) -> Reference:
    """Fit and calibrate every statistic on `sample`; raises `InvalidArgument` for fewer than 32 finite rows.

    `shuffle=False` takes the sample of an earlier reference as it is, cut at the same place: the same reference again.
    """
    sample = sample.detach().cpu()
    sample = sample[sample.flatten(1).isfinite().all(1)]
    if len(sample) < MINIMUM_ROWS:
        raise InvalidArgument(
            f"the real data hold {len(sample)} finite samples of shape {tuple(sample.shape[1:])}; "
            f"at least {MINIMUM_ROWS} are needed: pass more with real=..."
        )
    if shuffle:
        sample = sample[torch.randperm(len(sample), generator=torch.Generator().manual_seed(0))]
    generator = torch.Generator().manual_seed(1)
    half = len(sample) // 2
    # Fitted on the half that statistics are fitted on: the same sample, cut at the same place, gives it again.
    embed = embeddings.fit(embed, sample[:half])
    points = embed_rows(sample, embed)
    size = min(sample_size, (len(points) - half) // 2)
    members = _members(modes, sample[:half], points[:half])
    states = {name: member.fit(_seen_by(member, sample[:half], points[:half])) for name, member in members.items()}
    rows = [half + torch.randperm(len(points) - half, generator=generator)[:size] for _ in range(NULL_DRAWS)]
    draws = [_measure(sample[drawn], points[drawn], members, states) for drawn in rows]
    # Draws without replacement from a finite half vary less than fresh data would (Cochran 1977, eq. 2.9).
    correction = 1.0 / math.sqrt(1.0 - size / (len(points) - half))
    bands = {column: _band([draw[column] for draw in draws], correction) for column in draws[0]}
    return Reference(sample, members, states, bands, size, embed)


def embed_rows(samples: Float[Tensor, "n ..."], embed: Embed) -> Float[Tensor, "n d"]:
    """The samples as points in float64 on the CPU; an `InvalidArgument` where `embed` gives another shape."""
    with torch.no_grad():
        points = embed(samples)
    if points.ndim != 2 or len(points) != len(samples):
        raise InvalidArgument(
            f"embed returned shape {tuple(points.shape)} for {len(samples)} samples; expected ({len(samples)}, d)"
        )
    return points.detach().to("cpu", torch.float64)


def _members(modes: Any, sample: Tensor, points: Tensor) -> dict[str, AbstractStatistic]:
    """Statistics of every capture; the modes are found once and shared. A classifier reads samples, all else points."""
    given = torch.from_numpy(modes) if isinstance(modes, np.ndarray) else modes
    known = as_modes(given, sample if callable(given) else points)
    members = {name: member for name in statistics.names() if (member := statistics.get(name)).online}
    return {
        name: dataclasses.replace(member, modes=known) if isinstance(member, AbstractModeStatistic) else member
        for name, member in members.items()
    }


def _seen_by(member: AbstractStatistic, sample: Tensor, points: Tensor) -> Tensor:
    by_classifier = isinstance(member, AbstractModeStatistic) and isinstance(member.modes, LabelModes)
    return sample if by_classifier or member.reads == "samples" else points


def _measure(
    sample: Float[Tensor, "n ..."],
    points: Float[Tensor, "n d"],
    members: Mapping[str, AbstractStatistic],
    states: Mapping[str, State],
) -> dict[str, float]:
    row: dict[str, float] = {}
    for name, member in members.items():
        value = member.compute(_seen_by(member, sample, points), states[name])
        if isinstance(value, Tensor):
            row |= {f"{name}.{index}": float(part) for index, part in enumerate(value)}
        else:
            row[name] = float(value)
    return row


def _band(values: list[float], correction: float) -> Band:
    column = torch.tensor(values, dtype=torch.float64)
    return Band(float(column.mean()), float(column.std()) * correction)
