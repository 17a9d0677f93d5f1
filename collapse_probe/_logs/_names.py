"""Whose names mean which of our columns."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ..errors import InvalidArgument

_PLAYERS = {"discriminator": "d", "disc": "d", "critic": "d", "generator": "g", "gen": "g"}


def _of(one: str, *patterns: str) -> tuple[str, ...]:
    return tuple(pattern.format(one) for pattern in patterns)


_LOSS = ("loss_{}", "{}_loss", "loss{}", "{}loss", "losses_{}", "err_{}", "err{}", "{}_err", "loss_{}_loss")
_NORM = ("grad_norm_{}", "{}_grad_norm", "gradient_norm_{}", "{}_gradient_norm")
_SCORE: tuple[str, ...] = (
    "d_{}",
    "score_{}",
    "scores_{}",
    "{}_score",
    "{}_scores",
    "d_{}_score",
    "d_score_{}",
    "d_out_{}",
)
_SCORE += ("logits_{}", "{}_logits", "loss_scores_{}")
_SIGN = ("sign_{}", "signs_{}", "loss_signs_{}")
_ACCURACY = ("accuracy_{}", "{}_accuracy", "acc_{}", "{}_acc", "d_{}_acc", "d_acc_{}", "d_accuracy_{}", "acc_d_{}")

RECOGNISED: Final[Mapping[str, tuple[str, ...]]] = {
    "loss_d": _of("d", *_LOSS),
    "loss_g": (*_of("g", *_LOSS), "g_gan"),
    "d_real": (*_of("real", *_SCORE), "d_x", "dx"),
    "d_fake": (*_of("fake", *_SCORE), "d_g_z", "d_g_z1", "d_g_z_1", "dgz", "dgz1"),
    "edge": ("edge",),
    "canonical_loss_d": ("canonical_loss_d", "loss_d_loss"),
    "canonical_loss_g": ("canonical_loss_g", "loss_g_loss"),
    "grad_norm_d": _of("d", *_NORM),
    "grad_norm_g": _of("g", *_NORM),
    "sign_real": _of("real", *_SIGN),
    "sign_fake": _of("fake", *_SIGN),
    "accuracy_real": _of("real", *_ACCURACY),
    "accuracy_fake": _of("fake", *_ACCURACY),
}
"""Ours, and theirs in plain form."""
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
    return [_plain("_".join(parts[first:])) for first in range(len(parts))]


def _plain(name: str) -> str:
    """Small letters, one `_` for whatever stands between, and the players by their first letters."""
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").split("_")
    return "_".join(_PLAYERS.get(word, word) for word in words)
