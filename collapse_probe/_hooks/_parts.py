"""The part of a generator that makes the samples, where the generator itself is never called.

A style-based generator is trained through its two halves, `G.mapping` and `G.synthesis`; its own `forward` is for
sampling alone.
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from ._made import Memory
from ._outputs import inputs_of, samples_of
from ._tap import Observe, Tap


class Parts:
    """Taps on the children of a generator, for as long as nobody knows which of them the discriminator is shown."""

    def __init__(self, generator: nn.Module, pick: Callable[..., Tensor] | None) -> None:
        self._pick = pick
        self._made: list[tuple[nn.Module, Tap, Memory]] = []
        for child in generator.children():
            if not isinstance(child.__dict__.get("forward"), Tap):
                memory = Memory()
                self._made.append((child, Tap(child, self._remembering(memory)), memory))

    def shown(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> nn.Module | None:
        """The part that made what a discriminator with these arguments is given; None while that is not seen."""
        for child, _, memory in self._made:
            inputs = inputs_of(args, kwargs, memory.shape)
            if inputs is not None and memory.find(inputs) is not None:
                return child
        return None

    def remove(self) -> None:
        """Take the taps off."""
        for _, tap, _ in self._made:
            tap.remove()
        self._made = []

    def _remembering(self, memory: Memory) -> Observe:
        def observe(args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
            samples = samples_of(output, self._pick)
            if samples is not None and len(samples):
                memory.add(samples)

        return observe
