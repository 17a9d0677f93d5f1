"""The sheet of fixed latents: the probe calls the generator itself, and training cannot tell."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from .._recorder import SHEET_ROWS, warn
from ..errors import InvalidArgument, in_a_line
from ._outputs import samples_of
from ._untraced import UntracedModule, on, own


class FixedLatents:
    """Calls G on the same latents time after time, in evaluation mode and without a trace.

    So samples are those of a generator in use, and only its learning shows.
    """

    def __init__(self, generator: nn.Module, latents: Any, *, pick: Callable[..., Tensor] | None) -> None:
        """Raises `InvalidArgument` where G cannot be called on `latents`; they are copied."""
        self._generator = UntracedModule(generator)
        self._pick = pick
        self._kwargs = {name: own(value) for name, value in latents.items()} if isinstance(latents, Mapping) else {}
        positional = () if isinstance(latents, Mapping) else latents if isinstance(latents, tuple) else (latents,)
        self._args = tuple(own(value) for value in positional)
        self.error: str | None = None
        try:
            self._call()
        except Exception as failure:
            raise InvalidArgument(
                f"the generator cannot be called on fixed_latents ({in_a_line(failure)}); give what "
                "its call takes: a tensor, a tuple of arguments, or a dict of keyword arguments"
            ) from failure

    def draw(self) -> Tensor | None:
        """At most 64 samples on the device; None, after one warning, once a call has failed."""
        if self.error is not None:
            return None
        try:
            return self._call()
        except Exception as failure:
            self.error = in_a_line(failure)
            warn(f"no more sheets of fixed latents are drawn, the rest goes on: {self.error}")
            return None

    def _call(self) -> Tensor:
        device = self._generator.device
        self._args = tuple(on(value, device) for value in self._args)
        self._kwargs = {name: on(value, device) for name, value in self._kwargs.items()}
        output = self._generator(self._args, self._kwargs)
        samples = samples_of(output, self._pick)
        if samples is None or not len(samples):
            raise InvalidArgument(f"its output holds no samples (n, ...) but {type(output).__name__}; pass sample=...")
        return samples[:SHEET_ROWS].detach().clone()
