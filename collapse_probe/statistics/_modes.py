"""The modes of the real data: known, fitted, or told by a classifier."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from ..errors import InvalidArgument
from ..toy import Mixture
from ._base import State
from ._distances import center_of, squared_distances, subsample
from ._mixture_fit import MOST_ROWS, fit_mixture, principal_directions
from ._protocols import MODE_PROTOCOLS, ModeProtocol

CALIBRATED = MODE_PROTOCOLS["calibrated"]
HIGH_QUALITY_SHARE = 1 - math.exp(-4.5)
"""What a perfect generator scores within 3 standard deviations in 2-D; the radius keeps it in any dimension."""


@final
@dataclass(frozen=True, eq=False)
class Modes:
    """Gaussian modes and the share of the real data in each.

    A sample belongs to the mode under which it is most likely, all modes taken as equally probable; for round modes
    of one width that is the nearest. It is of high quality within `radius` standard deviations of that mode.

    `centers` are relative to `shift`, and `projection`, if any, comes between. `whitening` holds inverse
    standard deviations (k, p), or inverse Cholesky factors of covariances (k, p, p).

    >>> line = Modes.from_mixture(Mixture(torch.tensor([[0.0], [10.0]]), 1.0))
    >>> labels, high_quality = line.assign(torch.tensor([[1.0], [9.0], [5.5]]))
    >>> labels.tolist(), high_quality.tolist()
    ([0, 1, 1], [True, True, False])
    """

    centers: Float[Tensor, "k p"]
    whitening: Float[Tensor, "k p"] | Float[Tensor, "k p p"]
    shares: Float[Tensor, " k"]
    shift: Float[Tensor, " d"]
    projection: Float[Tensor, "d p"] | None = None

    @classmethod
    def from_mixture(cls, mixture: Mixture) -> "Modes":
        """The modes of a toy mixture: centres, width and weights are known exactly."""
        centers, shift = mixture.centers.double(), center_of(mixture.centers)
        whitening = torch.full_like(centers, 1 / mixture.sigma)
        return cls(centers - shift, whitening, mixture.weights.double(), shift)

    @classmethod
    def from_centers(cls, centers: Tensor, real: Float[Tensor, "m d"]) -> "Modes":
        """Known centres (k, d); one width and the shares are estimated on real data."""
        _check_space(centers, real)
        shift = center_of(real)
        moved = centers.to(real.device).double() - shift
        squared = squared_distances(real.double() - shift, moved).amin(dim=1)
        # The median does not mind real samples that belong to none of the given centres.
        sigma = math.sqrt(float(squared.median()) / _chi_square_quantile(0.5, centers.shape[1])) or 1.0
        draft = cls(moved, torch.full_like(moved, 1 / sigma), moved.new_full((len(moved),), math.nan), shift)
        return draft._with_shares_of(real)

    @classmethod
    def fit(cls, real: Float[Tensor, "m d"], *, seed: int = 0) -> "Modes":
        """A Gaussian mixture fitted on real data, its size chosen by BIC; up to 16 principal directions above 3-D."""
        rows = subsample(real, MOST_ROWS, seed).double()
        shift = rows.mean(dim=0)
        projection = None if real.shape[1] <= 3 else principal_directions(rows - shift)
        centered = rows - shift
        centers, whitening, shared = fit_mixture(centered if projection is None else centered @ projection)
        if projection is not None and shared is not None:
            projection = projection @ shared
        draft = cls(centers, whitening, centers.new_full((len(centers),), math.nan), shift, projection)
        return draft._with_shares_of(real)

    @property
    def radius(self) -> float:
        """In standard deviations: 3 in 2-D, 28.08 in 700-D, where no sample lies within 10."""
        return math.sqrt(_chi_square_quantile(HIGH_QUALITY_SHARE, self.centers.shape[1]))

    def assign(
        self, sample: Float[Tensor, "n d"], protocol: ModeProtocol = CALIBRATED
    ) -> tuple[Int[Tensor, " n"], Bool[Tensor, " n"]]:
        """The mode of each sample, and whether the sample is of high quality."""
        rows = sample.double() - self.shift
        rows = rows if self.projection is None else rows @ self.projection
        squared, log_density_scale = self._mahalanobis(rows)
        labels = (log_density_scale - squared / 2).argmax(dim=1)
        if protocol.metric == "box":
            squared = self._whitened(rows, labels).square().amax(dim=1)
        else:
            squared = squared.gather(1, labels[:, None])[:, 0]
        limit = (self.radius if protocol.radius is None else protocol.radius) ** 2
        return labels, squared <= limit if protocol.closed else squared < limit

    def _whitened(self, rows: Float[Tensor, "n p"], labels: Int[Tensor, " n"]) -> Float[Tensor, "n p"]:
        gaps, whitening = rows - self.centers[labels], self.whitening[labels]
        return gaps * whitening if whitening.ndim == 2 else torch.einsum("np,npq->nq", gaps, whitening)

    def _mahalanobis(self, rows: Float[Tensor, "n p"]) -> tuple[Float[Tensor, "n k"], Float[Tensor, " k"]]:
        if self.whitening.ndim == 2:
            precision = self.whitening.square()
            weighted = self.centers * precision
            squared = rows.square() @ precision.T - 2 * rows @ weighted.T + (self.centers * weighted).sum(1)
            return squared.clamp_(min=0), self.whitening.log().sum(1)
        white = torch.einsum("nkp,kpq->nkq", rows[:, None] - self.centers, self.whitening)
        return white.square().sum(2), self.whitening.diagonal(dim1=1, dim2=2).log().sum(1)

    def _with_shares_of(self, real: Float[Tensor, "m d"]) -> "Modes":
        labels, high_quality = self.assign(real)
        shares = floored_shares(torch.bincount(labels[high_quality], minlength=len(self.centers)))
        return Modes(self.centers, self.whitening, shares, self.shift, self.projection)

    def to_state(self) -> State:
        """As named tensors; `from_state` undoes it."""
        return {name: value.contiguous() for name, value in vars(self).items() if value is not None}

    @classmethod
    def from_state(cls, state: State) -> "Modes":
        """From what `to_state` gave."""
        return cls(**{field.name: state[field.name] for field in dataclasses.fields(cls) if field.name in state})


@final
@dataclass(frozen=True, eq=False)
class LabelModes:
    """Modes that a classifier tells apart: the labels that it gives to real data. High quality is undefined."""

    classifier: Callable[..., Any]
    labels: Int[Tensor, " k"]
    shares: Float[Tensor, " k"]

    @classmethod
    def from_classifier(cls, classifier: Callable[..., Any], real: Tensor) -> "LabelModes":
        """Ask the classifier which labels there are in the real data, and how often."""
        labels, counts = torch.unique(_classify(classifier, real), return_counts=True)
        return cls(classifier, labels, floored_shares(counts))

    def assign(
        self, sample: Shaped[Tensor, "n ..."], protocol: ModeProtocol = CALIBRATED
    ) -> tuple[Int[Tensor, " r"], None]:
        """Which mode each sample is in; a label never seen in the real data is in none and is left out."""
        given = _classify(self.classifier, sample)
        places = torch.searchsorted(self.labels, given).clamp_(max=len(self.labels) - 1)
        return places[self.labels[places] == given], None

    def to_state(self) -> State:
        """What can be stored of it: all but the classifier."""
        return {"labels": self.labels, "shares": self.shares}


ModesLike = Modes | LabelModes | Mixture | Tensor | Callable[[Tensor], Tensor] | None
"""Whatever a user may say about the modes; see `as_modes`."""


def as_modes(given: object, real: Tensor) -> Modes | LabelModes:
    """Modes from whatever the user gave: nothing, a toy mixture, centres (k, d), or a classifier (n, ...) -> (n,)."""
    if given is None:
        return Modes.fit(real)
    if isinstance(given, Modes | LabelModes):
        return given
    if isinstance(given, Mixture):
        _check_space(given.centers, real)
        return Modes.from_mixture(given)
    if isinstance(given, Tensor):
        return Modes.from_centers(given, real)
    if callable(given):
        return LabelModes.from_classifier(given, real)
    raise InvalidArgument(
        f"modes is a {type(given).__name__}; expected a toy mixture, a (k, d) tensor of centres, "
        "a callable from samples to integer labels, or None to fit a mixture on real data"
    )


def floored_shares(counts: Int[Tensor, " k"]) -> Float[Tensor, " k"]:
    """Counts as shares, none of them 0: an unseen mode counts as half a sample, so that divergences stay finite."""
    floored = counts.double().clamp(min=0.5)
    return floored / floored.sum()


def _check_space(centers: Tensor, real: Tensor) -> None:
    if centers.ndim != 2 or centers.shape[1:] != real.shape[1:]:
        raise InvalidArgument(
            f"the centres of modes have shape {tuple(centers.shape)} and real has {tuple(real.shape)}; "
            "give centres (k, d) in the space in which samples are measured"
        )


def _classify(classifier: Callable[..., Any], sample: Tensor) -> Int[Tensor, " n"]:
    with torch.no_grad():
        labels = torch.as_tensor(classifier(sample), device=sample.device)
    if labels.shape != sample.shape[:1] or labels.is_floating_point():
        raise InvalidArgument(
            f"the classifier gave {labels.dtype} of shape {tuple(labels.shape)} for {len(sample)} samples; "
            "expected one integer label each, e.g. logits.argmax(1)"
        )
    return labels


def _chi_square_quantile(share: float, dimensions: int) -> float:
    # P(X <= x) = gammainc(d / 2, x / 2) for d degrees of freedom.
    from scipy.special import gammaincinv

    return 2 * float(gammaincinv(dimensions / 2, share))
