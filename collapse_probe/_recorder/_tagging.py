"""Which discriminator calls were real, fake or a penalty, told from the gradient that reached its output.

Nobody is asked for labels. In a generator step the gradient at D's output points where the generator wants its
samples to go; in a discriminator step real samples are pushed the same way and fake ones the other. See
docs/attaching.md for the rules and what they cannot see.
"""

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float

from ._call import Call

Tag = Literal["real", "fake", "mixed", "penalty", "unknown"]

# A few rows may point the other way (flipped or noisy labels); the call keeps its majority's tag.
_MAJORITY = 0.8
_MEMORY = 0.9


@dataclass
class Habit:
    """What the call at one place of a phase usually is."""

    shares: dict[Tag, float] = field(default_factory=dict)
    """Running share of phases by what its gradient said."""
    seen: int = 0
    against: int = 0
    """Phases in a row that contradicted the habit."""
    last: Tag = "unknown"

    def settle(self, tag: Tag) -> Tag:
        """The tag to use where the gradient says `tag`: a rare contradiction means flipped labels.

        A fourth contradiction in a row means that the loop itself has changed.
        """
        usual = max(self.shares, key=lambda known: self.shares[known], default=tag)
        # Some flipped rows make a call look mixed; one that has been real thrice is not.
        firm = self.shares.get(usual, 0.0) >= 0.8 and self.seen >= (3 if tag == "mixed" else 12)
        self.against = self.against + 1 if firm and tag != usual else 0
        self.last = usual if firm and self.against <= 3 else tag
        memory = min(0.95, self.seen / (self.seen + 1))
        self.seen += 1
        for known in {tag, *self.shares}:
            self.shares[known] = memory * self.shares.get(known, 0.0) + (1 - memory) * (known == tag)
        return self.last


@dataclass
class Tagger:
    """Learns which way "real" lies, and tags the calls of each discriminator phase."""

    towards_real: float = 0.0
    """Running mean sign of dL/dscore on the generator's own samples: negative when real is the higher score."""
    _habits: dict[tuple[int, int], Habit] = field(default_factory=dict)

    @property
    def orientation(self) -> int:
        """+1 when real has the higher score, -1 when it has the lower, 0 while unknown."""
        return 0 if abs(self.towards_real) < 0.2 else -int(math.copysign(1, self.towards_real))

    def learn(self, share_positive: float) -> None:
        """Take the share of positive rows of a gradient that points towards real; NaN teaches nothing."""
        if not math.isnan(share_positive):
            mean = 2.0 * share_positive - 1.0
            self.towards_real = mean if not self.towards_real else _MEMORY * self.towards_real + (1 - _MEMORY) * mean

    def tag_phase(self, calls: list[Call]) -> list[Tag]:
        """Tags of the calls between two updates of the discriminator, in call order."""
        # An unrolled GAN uses create_graph for its ordinary losses: then no call of the phase has a plain gradient.
        only_graph = not any(call.reached == "plain" for call in calls)
        places = [(len(calls), index) for index in range(len(calls))]
        tags: dict[tuple[int, int], Tag] = {}
        for place, call in zip(places, calls, strict=True):
            if not _may_be_penalty(call):
                only_slope = call.reached == "graph" and not only_graph
                tags[place] = "penalty" if only_slope else self._by_gradient(call, place)
        # A slope taken before the loss is one of the samples that the loss is about, or of others between them.
        complete = {"real", "fake"} <= set(tags.values()) or "mixed" in tags.values()
        for place, call in zip(places, calls, strict=True):
            if place not in tags:
                alone = call.reached == "graph" or math.isnan(call.share_positive)
                tags[place] = "penalty" if alone or complete else self._by_gradient(call, place)
        return [tags[place] for place in places]

    def _by_gradient(self, call: Call, place: tuple[int, int]) -> Tag:
        habit = self._habits.setdefault(place, Habit())
        if call.from_generator:
            # Whatever the labels were, and whether or not a saturated discriminator sent anything back.
            habit.settle("fake")
            return "fake"
        if call.reached is None:
            return "unknown"
        if not self.towards_real or math.isnan(call.share_positive):
            # A saturated discriminator sends back exact zeros just when it wins: its calls keep their usual order.
            return habit.last
        share = call.share_positive if self.towards_real > 0 else 1.0 - call.share_positive
        if 1 - _MAJORITY <= share <= _MAJORITY:
            return habit.settle("mixed")
        return habit.settle("real" if share > _MAJORITY else "fake")


def _may_be_penalty(call: Call) -> bool:
    return call.wants_input_gradient and call.graph_first


def real_rows(tag: Tag, gradients: Float[np.ndarray, " n"], towards_real: float) -> np.ndarray:
    """Which rows of a call with this tag are real.

    >>> real_rows("mixed", np.array([-0.1, 0.1]), -1.0)
    array([ True, False])
    """
    if tag == "mixed":
        return np.asarray(np.sign(gradients) == np.sign(towards_real))
    return np.full(len(gradients), tag == "real")
