"""Which discriminator calls were real, fake or a penalty, told from the gradient that reached its output.

Nobody is asked for labels. In a generator step the gradient at D's output points where the generator wants its
samples to go; in a discriminator step real samples are pushed the same way and fake ones the other. See
docs/attaching.md for the rules and what they cannot see.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor

Player = Literal["discriminator", "generator", "both"]
Tag = Literal["real", "fake", "mixed", "penalty", "unknown"]

# A few rows may point the other way (flipped or noisy labels); the call keeps its majority's tag.
_MAJORITY = 0.8
_MEMORY = 0.9


@dataclass
class Call:
    """One discriminator call: where its rows lie in the chunk's buffers, and what the host saw of it."""

    start: int
    stop: int
    phase: int = -1
    """Number of the optimizer update, within the step, that used this call; -1 while none has."""
    player: Player | None = None
    from_generator: bool = False
    """The input is something the generator returned: the same storage."""
    differentiable_input: bool = False
    """The input has a gradient history: in a generator step, it was computed by the generator."""
    plain_gradient: bool = False
    graph_gradient: bool = False
    """The gradient arrived with gradient mode on: `create_graph`, as penalties need."""
    inputs: Tensor | None = None
    """Some rows of the input, while a reference is being collected."""
    inputs_every: int = 1
    """Each so-manieth row of the scores is that of a row of `inputs`."""

    @property
    def has_gradient(self) -> bool:
        """Whether any gradient came back to it."""
        return self.plain_gradient or self.graph_gradient


@dataclass(frozen=True)
class Tagged:
    """A call's tag; for a real, fake or mixed call, which of its rows are real."""

    tag: Tag
    real_rows: Bool[np.ndarray, " n"]


@dataclass
class Tagger:
    """Learns which way "real" lies, and tags the calls of each discriminator phase."""

    towards_real: float = 0.0
    """Running mean sign of dL/dscore on the generator's own samples: negative when real is the higher score."""
    _pattern: dict[tuple[int, int], Tag] = field(default_factory=dict)

    @property
    def orientation(self) -> int:
        """+1 when real has the higher score, -1 when it has the lower, 0 while unknown."""
        return 0 if abs(self.towards_real) < 0.2 else -int(np.sign(self.towards_real))

    def learn(self, gradients: Float[np.ndarray, " n"]) -> None:
        """Take the gradient of a generator step at D's output."""
        signs = np.sign(gradients[np.isfinite(gradients)])
        if not len(signs) or not signs.any():
            return
        mean = float(signs[signs != 0].mean())
        self.towards_real = mean if not self.towards_real else _MEMORY * self.towards_real + (1 - _MEMORY) * mean

    def tag_phase(self, calls: list[Call], gradients: Float[np.ndarray, " rows"]) -> list[Tagged]:
        """Tags of the calls between two updates of the discriminator, in call order."""
        # An unrolled GAN uses create_graph for its ordinary losses: then no call of the phase has a plain gradient.
        only_graph = not any(call.plain_gradient for call in calls)
        tagged = []
        for index, call in enumerate(calls):
            usable = call.plain_gradient or (only_graph and call.graph_gradient)
            if call.graph_gradient and not usable:
                tagged.append(Tagged("penalty", np.zeros(call.stop - call.start, dtype=bool)))
            else:
                tagged.append(self._tag_call(call, gradients[call.start : call.stop], (len(calls), index), usable))
        return tagged

    def _tag_call(self, call: Call, gradients: Float[np.ndarray, " n"], place: tuple[int, int], usable: bool) -> Tagged:
        rows = len(gradients)
        signs = np.sign(np.nan_to_num(gradients)) if usable else np.zeros(rows)
        if call.from_generator:
            # Whatever the labels were, and whether or not a saturated discriminator sent anything back.
            self._pattern[place] = "fake"
            return Tagged("fake", np.zeros(rows, dtype=bool))
        if not signs.any() or not self.towards_real:
            # A saturated discriminator sends back exact zeros just when it wins: its calls keep their usual order.
            tag: Tag = self._pattern.get(place, "unknown") if usable else "unknown"
            return Tagged(tag, np.full(rows, tag == "real"))
        same_way = signs == np.sign(self.towards_real)
        share = float(same_way[signs != 0].mean())
        if share > _MAJORITY:
            tagged = Tagged("real", np.ones(rows, dtype=bool))
        elif share < 1 - _MAJORITY:
            tagged = Tagged("fake", np.zeros(rows, dtype=bool))
        else:
            tagged = Tagged("mixed", same_way)
        self._pattern[place] = tagged.tag
        return tagged
