"""Standstill: no gradient reaches a player any more, so that nothing can change by waiting."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import ClassVar, Literal, final

from .._records import Event, Observation
from ._base import AbstractDetector, DetectorOptions

_UPDATES = 100
_AT_REST, _FEWEST = 90, 51
_ALIVE = 50
_NOTHING = 2.0**-23
_BACK = 0.01
_STEPS_PER_PATIENCE = 50

ADVICE = (
    "As long as it lasts the generator draws the same, and it may last for ever. Most often the discriminator is so "
    "certain that the loss has gone flat: compute it from logits (binary_cross_entropy_with_logits) and not from "
    "probabilities, which are clipped or round to 0 and 1. Go back to a checkpoint of both players from before it, "
    "with a weaker discriminator: a lower learning rate, dropout, noise on its inputs. If the loss is of logits, look "
    "for units that are saturated or dead, and for gradients that underflow in half precision."
)
_WARNING_ADVICE = (
    "Look at the losses: if they stand at one value, stop, since they may stay there; this becomes critical if "
    "it lasts."
)
_DISCRIMINATOR_ADVICE = (
    "It is certain of every sample by more than its loss asks for. If the samples improve, wait: it learns again once "
    "the generator comes nearer. If they do not, weaken it: a lower learning rate, dropout, noise on its inputs."
)


@dataclass
class _Player:
    """The last updates of a player: how many of their gradient norms are nothing, and how many are as usual."""

    name: Literal["generator", "discriminator"]
    column: str
    level: float = 0.0
    """The highest median of 100 norms so far; 0 before there are 100."""
    nothing: int = 0
    usual: int = 0
    onset: int | None = None
    """Since which step nothing has come, but for stray updates."""
    _updates: int = 0
    _recent: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=_UPDATES))

    def update(self, observation: Observation) -> bool:
        """Take the next row; whether it was one in which the player was updated."""
        norm = observation.values.get(self.column, math.nan)
        if not math.isfinite(norm):
            return False
        if len(self._recent) == _UPDATES:
            self._count(self._recent[0][1], -1)
        self._recent.append((observation.step, norm))
        self._count(norm, 1)
        if norm <= _NOTHING * self.level and norm < _BACK * self.level:
            self.onset = observation.step if self.onset is None else self.onset
        elif self.usual >= _ALIVE:
            self.onset = None
        self._updates += 1
        if self._updates % _UPDATES == 0 and self.norm > self.level:
            self.level, self.nothing, self.usual = self.norm, 0, 0
            for _, each in self._recent:
                self._count(each, 1)
        return True

    def _count(self, norm: float, by: int) -> None:
        if norm >= _BACK * self.level:
            self.usual += by
        elif norm <= _NOTHING * self.level:
            self.nothing += by

    @property
    def norm(self) -> float:
        """The median of the last 100."""
        return sorted(norm for _, norm in self._recent)[len(self._recent) // 2]


@final
class Stalled(AbstractDetector):
    """No gradient reaches a player any more: nine in ten of its last 100 updates had none.

    None is a norm of at most 2^-23 of the player's own level, the highest median of 100 updates so far: a step smaller
    than the usual one by float32's precision is lost in the rounding of the weights. Most are exactly 0: a loss of
    clipped probabilities is flat once the discriminator is certain. Without a level, as where weights were always
    frozen, and in steps in which the player was not updated, nothing is told. Nine in ten, so that a loop that updates
    on cleared gradients now and then is none. It is critical when it has lasted `patience` · 50 steps more for the
    generator; never for the discriminator alone, which a hinge loss leaves in peace where it has won by the margin. A
    `recovery` follows when half of the last 100 updates have one in a hundred of the level again. The thresholds are
    reasoned.
    """

    watches: ClassVar[Literal["steps", "statistics"]] = "steps"

    def __init__(self, options: DetectorOptions = DetectorOptions()) -> None:
        self._needed = max(_FEWEST, min(_UPDATES, round(_AT_REST / options.sensitivity)))
        self._lasting = options.patience * _STEPS_PER_PATIENCE
        self._generator = _Player("generator", "grad_norm_g")
        self._discriminator = _Player("discriminator", "grad_norm_d")
        self._told: _Player | None = None
        self._flagged_at = self._onset = 0
        self._critical = False

    def update(self, observation: Observation) -> Event | None:
        """Take the columns of the next step."""
        news = self._generator.update(observation)
        # Whether the discriminator rests too does not matter any more once the generator does.
        news = (self._discriminator.update(observation) and self._told is not self._generator) or news
        return self._judge(observation.step) if news else None

    def _rests(self, player: _Player) -> bool:
        return player.nothing >= self._needed

    def _judge(self, step: int) -> Event | None:
        told = self._told
        if told is not None and told.usual >= _ALIVE:
            self._told = None
            message = f"Gradients reach the {told.name} again."
            return Event("recovery", "warning", step, step, message, _evidence(told), "No action needed.")
        for player in (self._generator, self._discriminator):
            if told in (None, self._discriminator) and player is not told and self._rests(player):
                self._told, self._flagged_at, self._critical = player, step, False
                self._onset = step if player.onset is None else player.onset
                return self._event("warning", step, player)
        lasted = told is self._generator and self._rests(told) and step - self._flagged_at >= self._lasting
        if lasted and not self._critical:
            self._critical = True
            return self._event("critical", step, self._generator)
        return None

    def _event(self, severity: Literal["warning", "critical"], step: int, player: _Player) -> Event:
        fell = f"norm fell from {player.level:.3g} to {player.norm:.3g})."
        if player is self._discriminator:
            advice = _DISCRIMINATOR_ADVICE
            message = f"The discriminator stands still since step {self._onset}: no gradient reaches it (its {fell}"
        else:
            advice = ADVICE if severity == "critical" else _WARNING_ADVICE
            message = f"Training stands still since step {self._onset}: no gradient reaches "
            both = self._rests(self._discriminator)
            message += f"either player (the generator's {fell}" if both else f"the generator (its {fell}"
        return Event("stalled", severity, step, self._onset, message, _evidence(player), advice)


def _evidence(player: _Player) -> dict[str, float]:
    return {player.column: player.norm, f"{player.column}_before": player.level}
