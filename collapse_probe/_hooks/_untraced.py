"""Calls of a watched module by the probe itself, of which training notices nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .._recorder import plain, random_states_kept


class UntracedModule:
    """A module that is called in evaluation mode and without a trace.

    Evaluation mode because it is how a network answers once it is trained: running statistics of batch norm, no
    dropout. Noise that it draws itself is the same each time. Afterwards weights, buffers, training flags, attributes
    of every submodule, random states and the autocast cache are as before.
    """

    def __init__(self, module: nn.Module) -> None:
        # Called bare: a distributed wrapper would synchronise ranks, a compiled one would compile for evaluation.
        self._module = plain(module)

    @property
    def device(self) -> torch.device:
        """Where it is now; it may move after `attach`."""
        return next(self._module.parameters()).device

    def __call__(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """What it returns for arguments that lie on its device."""
        module = self._module
        # Clones stand in for the buffers: even a module that writes to them in evaluation mode leaves none changed.
        # Some hold as parameters without gradients what should be buffers, a spectral norm's vectors for instance.
        buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
        buffers |= {name: p.detach().clone() for name, p in module.named_parameters() if not p.requires_grad}
        with torch.no_grad(), random_states_kept(), _attributes_kept(module), _no_autocast_cache():
            _seed(self.device)
            for part in module.modules():
                # The flag alone: a `train` or `eval` of the user's own may do more than set it.
                part.training = False
            with torch.compiler.set_stance("force_eager"):
                return torch.func.functional_call(module, buffers, args, dict(kwargs))


def own(value: Any) -> Any:
    """A copy, so that the loop may write to its own."""
    return value.detach().clone() if isinstance(value, Tensor) else value


def on(value: Any, device: torch.device) -> Any:
    """The tensor on that device. Only towards a GPU is not waiting safe."""
    return value.to(device, non_blocking=device.type == "cuda") if isinstance(value, Tensor) else value


def _seed(device: torch.device) -> None:
    # Not torch.manual_seed: it reaches devices whose state has not been kept.
    torch.default_generator.manual_seed(0)
    if device.type == "cuda":
        torch.cuda.default_generators[device.index or 0].manual_seed(0)


@contextmanager
def _attributes_kept(module: nn.Module) -> Iterator[None]:
    """Training flags, counters, weights that a spectral norm computed: every attribute is the object it was."""
    before = [(part, dict(vars(part))) for part in module.modules()]
    try:
        yield
    finally:
        for part, attributes in before:
            # Another thread may be calling the module, so that nothing is missing at any time.
            now = vars(part)
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
