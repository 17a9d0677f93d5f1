"""Losses and the discriminator's edge, computed from its scores so that every GAN is on one scale."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from ..statistics._discriminator_edge import edge

ScoreKind = Literal["probability", "logit", "critic"]
Scores = Float[np.ndarray, " n"]

# A probability of exactly 0 or 1 has an infinite logit; float32 sigmoids saturate at about this distance.
_CLAMP = 1e-7


def edges(real: Float[np.ndarray, "k n"], fake: Float[np.ndarray, "k m"]) -> Float[np.ndarray, " k"]:
    """`edge` of each pair of rows at once, float32 scores: one sort serves many steps.

    >>> edges(np.array([[2, 3], [0, 1]], dtype=np.float32), np.array([[0, 1], [0, 1]], dtype=np.float32)).tolist()
    [1.0, 0.0]
    """
    # Whole numbers in the order of the floats (adding 0.0 makes -0.0 and 0.0 one), their last bit saying "real".
    bits = (np.concatenate([fake, real], axis=1, dtype=np.float32) + np.float32(0)).view(np.int32)
    keys = np.left_shift(np.where(bits < 0, bits ^ 0x7FFFFFFF, bits).astype(np.int64), 1)
    keys[:, fake.shape[1] :] |= 1
    keys.sort(axis=1)
    is_real = keys & 1
    not_above = ((1 - is_real).cumsum(axis=1) * is_real).sum(axis=1)
    found: np.ndarray = 2.0 * not_above / (real.shape[1] * fake.shape[1]) - 1.0
    # Where a real and a fake score are equal, or one is not finite, the pair counts otherwise.
    tied = (np.diff(keys, axis=1) == 1).any(axis=1)
    for row in np.flatnonzero(tied | ~np.isfinite(real).all(axis=1) | ~np.isfinite(fake).all(axis=1)):
        found[row] = edge(real[row], fake[row])
    return found


def to_logits(scores: Float[np.ndarray, " n"], kind: ScoreKind, scale: float) -> Float[np.ndarray, " n"]:
    """Oriented scores as logits: probabilities through the inverse sigmoid, critic scores divided by `scale`.

    >>> to_logits(np.array([0.5]), "probability", 1.0)
    array([0.])
    """
    if kind == "probability":
        clamped = np.clip(scores.astype(np.float64), _CLAMP, 1.0 - _CLAMP)
        logits: np.ndarray = np.log(clamped) - np.log1p(-clamped)
        return logits
    return scores / scale if kind == "critic" else scores


def softplus_mean(logits: Float[np.ndarray, " n"]) -> float:
    """Mean of log(1 + exp(x)), safe at any size; NaN when empty.

    >>> round(softplus_mean(np.array([0.0])), 4)
    0.6931
    """
    return float(softplus(logits).mean(dtype=np.float64)) if len(logits) else float("nan")


def softplus(logits: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """log(1 + exp(x)) of each entry, in the entries' precision.

    >>> softplus(np.array([-1000.0, 1000.0])).tolist()
    [0.0, 1000.0]
    """
    # Several times faster than numpy.logaddexp, and as exact: the exponential is of nothing above zero.
    found: np.ndarray = np.log1p(np.exp(-np.abs(logits))) + np.maximum(logits, 0)
    return found


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


def surely_logits(scores: Float[np.ndarray, " n"], gradients: Float[np.ndarray, " n"]) -> bool:
    """Whether scores that all lie in [0, 1] are logits nevertheless, by the gradient of a generator's loss.

    With cross-entropy on a logit s the gradient is proportional to 1 - sigmoid(s) or, for the minimax loss, to
    sigmoid(s); on a probability p to 1/p or 1/(1 - p). Other losses leave it open.

    >>> p = np.array([0.2, 0.4, 0.5, 0.9])
    >>> surely_logits(p, 1 / p), surely_logits(p, 1 / (1 + np.exp(p)))
    (False, True)
    """
    finite = np.isfinite(scores) & np.isfinite(gradients) & (scores > 0.0) & (scores < 1.0)
    if finite.sum() < 4:
        return False
    s, rows = scores[finite].astype(np.float64), gradients[finite].astype(np.float64)
    probabilities = 1.0 / (1.0 + np.exp(-s))
    as_logits = min(_unevenness(rows / (1.0 - probabilities)), _unevenness(rows / probabilities))
    otherwise = (_unevenness(rows * weight) for weight in (1.0, s, 1.0 - s, 1.0 / s, 1.0 / (1.0 - s)))
    return as_logits < 1e-4 and as_logits < 0.01 * min(otherwise)


def _unevenness(values: Float[np.ndarray, " n"]) -> float:
    """Coefficient of variation; infinite around a mean of zero."""
    mean = abs(float(values.mean()))
    return float(values.std()) / mean if mean else float("inf")
