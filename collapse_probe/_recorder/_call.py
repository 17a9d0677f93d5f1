"""One discriminator call, as the training loop leaves it for the worker."""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

Player = Literal["discriminator", "generator", "both"]
ROWS_PER_CALL = 256
INPUT_ROWS = 64


@dataclass(slots=True, eq=False)
class Call:
    """Scores, gradients and what the host saw of a call; the numbers are read later, all calls at once."""

    scores: Tensor | None
    """Detached, one entry a sample; the loop's own tensor, let go when the step closes."""
    version: int = 0
    """Version counter of the scores: when it moves on, something wrote into them afterwards."""
    rows: int = 0
    """How many there are."""
    from_generator: bool = False
    """The input is something the generator returned: the same storage."""
    differentiable_input: bool = False
    """The input has a gradient history: in a generator step, it was computed by the generator."""
    wants_input_gradient: bool = False
    """The input requires a gradient: it has a history, or a penalty is about to be taken of its slope."""
    phase: int = -1
    """Number of the optimizer update, within the step, that used this call; -1 while none has."""
    player: Player | None = None
    plain: Tensor | None = None
    """The first gradient that reached the scores."""
    graph: Tensor | None = None
    """One that arrived with gradient mode on: `create_graph`, as penalties need."""
    graph_first: bool = False
    """That one arrived before any plain one."""
    inputs: Tensor | None = None
    """Some rows of the input, while a reference is being collected."""
    inputs_every: int = 1
    """Each so-manieth row of the scores is that of a row of `inputs`."""
    every: int = 1
    """Only each so-manieth row is kept."""
    reached: Literal["plain", "graph"] | None = None
    """Which gradient had come back by then."""
    shared: bool = False
    """Two plain gradients came back: both networks may have been updated from this pass."""
    share_positive: float = float("nan")
    """Share of positive rows in its gradient, filled in by the worker; NaN when no row has a sign."""
    start: int = 0
    """Where its scores lie among the numbers of a chunk."""
    gradient_start: int = -1
    """Where its gradient lies; -1 when none had come by the time that the step closed."""

    @property
    def has_gradient(self) -> bool:
        """Whether any gradient came back to it so far."""
        return self.plain is not None or self.graph is not None

    def keep_inputs(self, inputs: Tensor) -> None:
        """Copy some rows of the input (n, ...), evenly spread and among those whose scores are kept."""
        every = stride(-(-len(inputs) // stride(len(inputs), ROWS_PER_CALL)), INPUT_ROWS)
        self.inputs = inputs.detach()[:: every * stride(len(inputs), ROWS_PER_CALL)].clone()
        self.inputs_every = every


def shared_out(player: Player, calls: list[Call]) -> tuple[Player, list[Call], list[Call]]:
    """Whose update it was, the calls that it was made of, and those that wait for the generator's update after it.

    Gradients that are zeroed, not removed, are there for both networks of an optimizer; but no update of the generator
    comes from detached samples alone. And a loop may compute both losses before either update: then the discriminator
    was given detached samples first, and the same samples with their history after that.
    """
    reached = [call for call in calls if call.has_gradient]
    if player == "both" and reached and not any(call.differentiable_input for call in reached):
        player = "discriminator"
    if player != "discriminator":
        return player, calls, []
    own = [call for call in reached if call.from_generator]
    detached = [place for place, call in enumerate(own) if not call.differentiable_input]
    waiting = own[detached[-1] + 1 :] if detached else []
    return player, [call for call in calls if call not in waiting], waiting


def thin(rows: Tensor) -> Tensor:
    """At most `ROWS_PER_CALL` entries of (n,), at an even stride: a real and a fake half both stay represented."""
    every = stride(len(rows), ROWS_PER_CALL)
    return rows if every == 1 else rows[::every]


def stride(rows: int, most: int) -> int:
    """The step at which at most so many of the rows are taken.

    >>> stride(256, 256), stride(257, 256)
    (1, 2)
    """
    return max(1, -(-rows // most))
