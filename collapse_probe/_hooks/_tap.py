"""A tap on one module: sees every call, changes none, and does not follow the module into copies."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

Observe = Callable[[tuple[Any, ...], dict[str, Any], Any], None]


class Tap:
    """Stands in for `module.forward`, so that calls by `module(...)` and by `module.forward(...)` are both seen.

    A deep copy or an unpickled module gets its own plain `forward` instead: the copy of an exponential moving average
    must neither be observed nor, worse, compute with the weights of the original.
    """

    def __init__(self, module: nn.Module, observe: Observe) -> None:
        self._module = module
        # Another tool may have put its own forward on the instance (mixed precision wrappers do): wrap that.
        self._previous = module.__dict__.get("forward")
        self._forward: Callable[..., Any] = module.forward
        self._observe = observe
        self._observe_uncompiled = torch.compiler.disable(observe)
        self.__wrapped__ = self._forward
        object.__setattr__(module, "forward", self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        output = self._forward(*args, **kwargs)
        if torch.compiler.is_compiling():
            self._observe_uncompiled(args, kwargs, output)
        else:
            self._observe(args, kwargs, output)
        return output

    def remove(self) -> None:
        """Give the module its own forward back; does nothing where it is gone already."""
        if self._module.__dict__.get("forward") is not self:
            return
        if self._previous is None:
            object.__delattr__(self._module, "forward")
        else:
            object.__setattr__(self._module, "forward", self._previous)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self._previous is not None:
            return copy.deepcopy(self._previous, memo)
        # The copy of the module is in `memo` by now, still empty: its class's forward is all there is to find.
        return copy.deepcopy(self._module, memo).forward

    def __reduce__(self) -> Any:
        # `getattr` on the module being unpickled, which has no attribute of its own yet, gives its class's forward.
        return getattr, (self._module, "forward")
