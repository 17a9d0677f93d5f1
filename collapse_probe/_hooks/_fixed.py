"""The sheet of fixed latents: the probe calls the generator itself, and training cannot tell."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .._recorder import SHEET_ROWS, plain, random_states_kept, warn
from ..errors import InvalidArgument, in_a_line
from ._outputs import samples_of


class FixedLatents:
    """Calls G on the same latents time after time, in evaluation mode and without a trace.

    Evaluation mode because it is how the generator will be used: running statistics of batch norm, no dropout. Noise
    that G draws itself is the same each time, so that only the generator's learning shows. Afterwards weights,
    buffers, training flags, attributes of every submodule, random states and the autocast cache are as before.
    """

    def __init__(self, generator: nn.Module, latents: Any, *, pick: Callable[..., Tensor] | None) -> None:
        """Raises `InvalidArgument` where G cannot be called on `latents`; they are copied."""
        # Called bare: a distributed wrapper would synchronise ranks, a compiled one would compile for evaluation.
        self._generator = plain(generator)
        self._pick = pick
        self._kwargs = {name: _own(value) for name, value in latents.items()} if isinstance(latents, Mapping) else {}
        positional = () if isinstance(latents, Mapping) else latents if isinstance(latents, tuple) else (latents,)
        self._args = tuple(_own(value) for value in positional)
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
        # Clones stand in for the buffers: even a module that writes to them in evaluation mode leaves none changed.
        device = next(self._generator.parameters()).device
        self._args = tuple(_on(value, device) for value in self._args)
        self._kwargs = {name: _on(value, device) for name, value in self._kwargs.items()}
        buffers = {name: buffer.clone() for name, buffer in self._generator.named_buffers()}
        with torch.no_grad(), random_states_kept(), _attributes_kept(self._generator), _no_autocast_cache():
            _seed(device)
            for module in self._generator.modules():
                # The flag alone: a `train` or `eval` of the user's own may do more than set it.
                module.training = False
            with torch.compiler.set_stance("force_eager"):
                output = torch.func.functional_call(self._generator, buffers, self._args, self._kwargs)
        samples = samples_of(output, self._pick)
        if samples is None or not len(samples):
            raise InvalidArgument(f"its output holds no samples (n, ...) but {type(output).__name__}; pass sample=...")
        return samples[:SHEET_ROWS].detach().clone()


def _own(value: Any) -> Any:
    """A copy, so that the loop may write to its own."""
    return value.detach().clone() if isinstance(value, Tensor) else value


def _on(value: Any, device: torch.device) -> Any:
    """Where the generator is now; it may move after `attach`. Only towards a GPU is not waiting safe."""
    return value.to(device, non_blocking=device.type == "cuda") if isinstance(value, Tensor) else value


def _seed(device: torch.device) -> None:
    # Not torch.manual_seed: it reaches devices whose state has not been kept.
    torch.default_generator.manual_seed(0)
    if device.type == "cuda":
        torch.cuda.default_generators[device.index or 0].manual_seed(0)


@contextmanager
def _attributes_kept(generator: nn.Module) -> Iterator[None]:
    """Training flags, counters, weights that a spectral norm computed: every attribute is the object it was."""
    before = [(module, dict(vars(module))) for module in generator.modules()]
    try:
        yield
    finally:
        for module, attributes in before:
            # Another thread may be calling the generator, so that nothing is missing at any time.
            now = vars(module)
            for name in now.keys() - attributes.keys():
                del now[name]
            now.update(attributes)


@contextmanager
def _no_autocast_cache() -> Iterator[None]:
    """Half-precision weights that are cached without gradients would be used by training inside the same autocast."""
    before = torch.is_autocast_cache_enabled()
    torch.set_autocast_cache_enabled(False)
    try:
        yield
    finally:
        torch.set_autocast_cache_enabled(before)
