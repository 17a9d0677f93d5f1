"""Losses and the discriminator's edge, computed from its scores so that every GAN is on one scale."""

from typing import Literal

import numpy as np
from jaxtyping import Float

ScoreKind = Literal["probability", "logit", "critic"]
Scores = Float[np.ndarray, " n"]

# A probability of exactly 0 or 1 has an infinite logit; float32 sigmoids saturate at about this distance.
_CLAMP = 1e-7


def edge(real: Float[np.ndarray, " n"], fake: Float[np.ndarray, " m"]) -> float:
    """The discriminator's edge 2·AUC - 1 in [-1, 1]: 1 when every real score is above every fake one, 0 at chance.

    Ties count one half. NaN when either side is empty or holds a value that is not finite. It depends on ranks
    alone, hence on no loss, scale or offset. Source: AUC as the Mann-Whitney statistic, Hanley & McNeil 1982.

    >>> edge(np.array([2.0, 3.0]), np.array([0.0, 1.0]))
    1.0
    >>> edge(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    0.0
    """
    if not len(real) or not len(fake) or not (np.isfinite(real).all() and np.isfinite(fake).all()):
        return float("nan")
    ordered = np.sort(fake)
    below = np.searchsorted(ordered, real, side="left").sum()
    not_above = np.searchsorted(ordered, real, side="right").sum()
    return float(below + not_above) / (len(real) * len(fake)) - 1.0


def to_logits(scores: Float[np.ndarray, " n"], kind: ScoreKind, scale: float) -> Float[np.ndarray, " n"]:
    """Oriented scores as logits: probabilities through the inverse sigmoid, critic scores divided by `scale`.

    >>> to_logits(np.array([0.5]), "probability", 1.0)
    array([0.])
    """
    scores = scores.astype(np.float64)
    if kind == "probability":
        clamped = np.clip(scores, _CLAMP, 1.0 - _CLAMP)
        logits: np.ndarray = np.log(clamped) - np.log1p(-clamped)
        return logits
    return scores / scale if kind == "critic" else scores


def softplus_mean(logits: Float[np.ndarray, " n"]) -> float:
    """Mean of log(1 + exp(x)), safe at any size; NaN when empty.

    >>> round(softplus_mean(np.array([0.0])), 4)
    0.6931
    """
    return float(np.logaddexp(0.0, logits).mean()) if len(logits) else float("nan")


def looks_like_logits(scores: Float[np.ndarray, " n"], gradients: Float[np.ndarray, " n"]) -> bool:
    """Whether these gradients come from a cross-entropy on logits: then they are affine in sigmoid(score).

    For binary cross-entropy with any constant target t the gradient of row i is (sigmoid(s_i) - t) / n, whereas a
    Wasserstein critic's is constant and a least-squares one's is affine in s_i itself.
    """
    finite = np.isfinite(scores) & np.isfinite(gradients)
    if finite.sum() < 4:
        return False
    probabilities = 1.0 / (1.0 + np.exp(-np.clip(scores[finite].astype(np.float64), -60, 60)))
    rows = gradients[finite].astype(np.float64)
    if np.ptp(rows) <= 1e-6 * np.abs(rows).max() or np.ptp(probabilities) < 1e-6:
        return False
    return bool(np.corrcoef(probabilities, rows)[0, 1] > 0.9999)
