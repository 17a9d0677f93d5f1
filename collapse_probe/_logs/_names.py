"""Whose names mean which of our columns."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ..errors import InvalidArgument


def _both(*patterns: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names with `{}` filled in by what people call the discriminator, and the generator."""
    of_d, of_g = ("d", "disc", "discriminator", "critic"), ("g", "gen", "generator")
    return tuple(p.format(n) for p in patterns for n in of_d), tuple(p.format(n) for p in patterns for n in of_g)


def _sides(*patterns: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(p.format("real") for p in patterns), tuple(p.format("fake") for p in patterns)


_LOSS = _both("loss_{}", "{}_loss", "loss{}", "{}loss", "err_{}", "err{}", "{}_err", "losses_{}", "{}_loss_total")
_NORM = _both("grad_norm_{}", "{}_grad_norm", "grad_norm_{}_total", "gradient_norm_{}", "{}_gradient_norm")
_SCORE = _sides("d_{}", "score_{}", "scores_{}", "{}_score", "{}_scores", "d_{}_score", "d_score_{}", "logits_{}")
_MORE_SCORES = _sides("{}_logits", "d_out_{}", "critic_{}", "loss_scores_{}")
_SIGN = _sides("signs_{}", "sign_{}", "loss_signs_{}")
_ACCURACY = _sides("d_{}_acc", "d_acc_{}", "acc_{}", "{}_acc", "accuracy_{}", "{}_accuracy", "d_accuracy_{}")

RECOGNISED: Final[Mapping[str, tuple[str, ...]]] = {
    "loss_d": (*_LOSS[0], "loss_d_loss"),
    "loss_g": (*_LOSS[1], "loss_g_loss", "g_gan"),
    "d_real": (*_SCORE[0], *_MORE_SCORES[0], "d_x", "dx"),
    "d_fake": (*_SCORE[1], *_MORE_SCORES[1], "d_g_z", "d_g_z1", "d_g_z_1", "dgz", "dgz1"),
    "edge": ("edge",),
    "canonical_loss_d": ("canonical_loss_d", "loss_d_loss"),
    "canonical_loss_g": ("canonical_loss_g", "loss_g_loss"),
    "grad_norm_d": _NORM[0],
    "grad_norm_g": _NORM[1],
    "sign_real": _SIGN[0],
    "sign_fake": _SIGN[1],
    "accuracy_real": (*_ACCURACY[0], "acc_d_real"),
    "accuracy_fake": (*_ACCURACY[1], "acc_d_fake"),
}
"""Ours, and theirs in small letters, with one `_` for whatever stands between."""
TARGETS = tuple(RECOGNISED)
_ONLY_WITH = {("canonical_loss_d", "loss_d_loss"): "loss_scores_fake"}
_ONLY_WITH |= {("canonical_loss_g", "loss_g_loss"): "loss_scores_fake"}
"""StyleGAN's losses are the canonical ones; others may call another loss so."""
_NOT_WITH = {("d_real", "d_real"): "g_gan", ("d_fake", "d_fake"): "g_gan"}
"""What CycleGAN and pix2pix call so are losses of D."""


def recognised(names: Sequence[str], given: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """For each of our columns the one of theirs that it is made of; `given` are pairs (theirs, ours), which go first.

    >>> recognised(["Loss/D", "train/g_loss", "D(G(z))", "lr"])
    {'loss_d': 'Loss/D', 'loss_g': 'train/g_loss', 'd_fake': 'D(G(z))'}
    """
    found: dict[str, str] = {}
    for theirs, ours in given:
        if ours not in TARGETS:
            raise InvalidArgument(f"--map {theirs}={ours}: {ours!r} is none of {', '.join(TARGETS)}")
        if theirs not in names:
            known = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
            raise InvalidArgument(f"--map {theirs}={ours}: the log has no {theirs!r}; it has {known or 'no numbers'}")
        found[ours] = theirs
    readings = {name: _readings(name) for name in names}
    all_readings = {reading for some in readings.values() for reading in some}
    for ours, theirs_like in RECOGNISED.items():
        for like in theirs_like:
            allowed = _ONLY_WITH.get((ours, like), like) in all_readings
            refused = _NOT_WITH.get((ours, like), "") in all_readings
            match = next((name for name in names if like in readings[name]), None)
            if ours not in found and match is not None and allowed and not refused:
                found[ours] = match
    return {ours: found[ours] for ours in RECOGNISED if ours in found}


def _readings(name: str) -> list[str]:
    """How a name may be meant: whole, or without what stands before one of its slashes."""
    parts = re.split(r"[/.]| - ", name)
    return [re.sub(r"[^a-z0-9]+", "_", "_".join(parts[first:]).lower()).strip("_") for first in range(len(parts))]
