"""The contract of a statistic that counts samples by mode."""

import abc
import dataclasses
import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from ..errors import InvalidArgument
from ._base import AbstractStatistic, State
from ._distances import is_finite
from ._modes import LabelModes, Modes, ModesLike, as_modes
from ._protocols import ModeProtocol, as_protocol


@dataclass(frozen=True)
class ModeCounts:
    """One batch, counted by mode: all samples, those of high quality (none under a classifier), and the real shares."""

    every: Float[Tensor, " k"]
    high_quality: Float[Tensor, " k"] | None
    shares: Float[Tensor, " k"]
    samples: int
    protocol: ModeProtocol
    real: Float[Tensor, " k"] | None = None
    real_samples: int = 0
    """Real data, counted alike; for tests only."""

    @property
    def trusted(self) -> Float[Tensor, " k"]:
        """The counts that modes are judged by: samples of high quality, or all where quality is undefined."""
        return self.every if self.high_quality is None else self.high_quality

    @property
    def compared(self) -> Float[Tensor, " k"]:
        """The counts whose shares are read against the real ones: the protocol says of which samples."""
        return self.every if self.protocol.shares_over == "every" else self.trusted


@dataclass(frozen=True)
class AbstractModeStatistic(AbstractStatistic):
    """A reading of the counts by mode. A member implements `summarise`; fitting and counting are done here.

    `modes` may be a toy mixture, centres (k, d), a classifier from samples (n, ...) to integer labels (n,), ready
    `Modes`, or None: a Gaussian mixture is then fitted on the real data. To fit it once for several
    statistics, make it with `Modes.fit(real)` and give it to each. `protocol` is a name or a `ModeProtocol`: what is of
    high quality, and what a mode is captured by.
    """

    modes: ModesLike = None
    protocol: str | ModeProtocol = "calibrated"

    @abc.abstractmethod
    def summarise(self, counts: ModeCounts) -> float | Float[Tensor, " k"]:
        """The value, from the counts of a batch."""

    def fit(self, real: Shaped[Tensor, "m ..."]) -> State:
        return {name: value.to(real.device) for name, value in as_modes(self.modes, real).to_state().items()}

    def compute(self, generated: Shaped[Tensor, "n ..."], state: State) -> float | Float[Tensor, " k"]:
        if not is_finite(generated):
            return self.undefined(len(state["shares"]))
        counts = self.count(generated, self._modes_of(state))
        if "real_counts" in state:
            counts = dataclasses.replace(counts, real=state["real_counts"], real_samples=int(state["real_samples"]))
        return self.summarise(counts)

    def count(self, sample: Shaped[Tensor, "n ..."], modes: Modes | LabelModes) -> ModeCounts:
        """A sample, counted by mode as the protocol says."""
        protocol = as_protocol(self.protocol)
        labels, high_quality = modes.assign(sample, protocol)
        shares = modes.shares
        every = torch.bincount(labels, minlength=len(shares)).double()
        good = None if high_quality is None else torch.bincount(labels[high_quality], minlength=len(shares)).double()
        return ModeCounts(every, good, shares, len(sample), protocol)

    def undefined(self, modes: int) -> float | Float[Tensor, " k"]:
        """The value of a batch that cannot be counted; for a statistic with a part for each mode, a vector."""
        return math.nan

    def check_samples(self, generated: Tensor, real: Tensor) -> None:
        """A classifier may read samples of any shape; everything else needs rows, as many as the protocol says."""
        expected = as_protocol(self.protocol).samples
        if expected not in (None, len(generated)):
            raise InvalidArgument(
                f"generated holds {len(generated)} samples and protocol {self.protocol!r} counts {expected}, since the "
                f"published numbers depend on it: generate as many, or set samples=None in a ModeProtocol of your own"
            )
        if not self._is_classified:
            super().check_samples(generated, real)
        elif generated.shape[1:] != real.shape[1:] or min(len(generated), len(real)) < 2:
            raise InvalidArgument(
                f"generated has shape {tuple(generated.shape)} and real has {tuple(real.shape)}; "
                "expected at least 2 samples each, alike but for their number"
            )

    def as_read(self, sample: Shaped[Tensor, "n ..."]) -> Shaped[Tensor, "n ..."]:
        """A classifier is handed samples as they are."""
        return sample if self._is_classified else super().as_read(sample)

    @property
    def _is_classified(self) -> bool:
        return isinstance(self.modes, LabelModes) or (callable(self.modes) and not isinstance(self.modes, Tensor))

    def _modes_of(self, state: State) -> Modes | LabelModes:
        if "labels" not in state:
            return Modes.from_state(state)
        if isinstance(self.modes, LabelModes):
            return LabelModes(self.modes.classifier, state["labels"], state["shares"])
        if isinstance(self.modes, Tensor) or not callable(self.modes):
            raise InvalidArgument(
                "the modes of this state are told apart by a classifier, which is not stored; give it as modes="
            )
        return LabelModes(self.modes, state["labels"], state["shares"])
