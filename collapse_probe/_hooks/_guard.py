"""Between the probe and the training loop: whatever fails on our side must not be felt on theirs."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .._recorder import warn
from ..errors import LoopNotUnderstood, in_a_line

# What runs under vmap, jvp and the like is a computation of its own on tensors that must not outlive it.
_transforming: Callable[[], Any] = getattr(torch._C._functorch, "peek_interpreter_stack", lambda: None)
_is_batched: Callable[[Tensor], bool] = getattr(torch._C._functorch, "is_legacy_batchedtensor", lambda gradient: False)


class Guard:
    """Wraps what runs inside the training loop: timed, silent while paused, inert once off, unable to raise."""

    def __init__(self) -> None:
        self.paused = False
        self.off = False
        self.error: str | None = None
        self.said = False
        """Whether the self-check's line was printed."""
        self.seconds = 0.0
        """Time spent inside the training loop so far."""
        self._failed = False
        self._lock = threading.Lock()

    def __call__(self, action: Callable[..., None]) -> Callable[..., None]:
        """The action, guarded; its arguments are passed through."""

        def guarded(*args: Any) -> None:
            if self.off or self.paused or _transforming() is not None:
                return
            began = time.perf_counter()
            try:
                action(*args)
            except LoopNotUnderstood:
                raise
            except Exception as error:
                self.fail(error)
            finally:
                self.seconds += time.perf_counter() - began

        return guarded

    def fail(self, error: BaseException) -> None:
        """Turn the probe off with one warning."""
        self.off = True
        with self._lock:
            # The loop and the worker may fail at once, and both do again at the end.
            failed, self._failed = self._failed, True
        if failed:
            return
        self.error = in_a_line(error)
        warn(f"the probe failed and is off, training goes on: {self.error}")

    def report(self, trouble: str) -> None:
        """Something cannot be understood; the rest goes on. The first trouble is the one that is told."""
        if self.error is None:
            self.error = trouble
            warn(f"{trouble}. Recording what can be understood.")


def outside_graphs(action: Callable[..., None]) -> Callable[..., None]:
    """The action, never traced into a compiled graph: there it becomes a break that costs nothing elsewhere."""
    untraced = torch.compiler.disable(action)

    def called(*args: Any) -> None:
        if torch.compiler.is_compiling():
            untraced(*args)
        else:
            action(*args)

    return called


def watch(tensor: Tensor, hook: "GradientHook") -> None:
    """Call the hook with each gradient that reaches the tensor.

    What `Tensor.register_hook` does, less the handle for removing the hook, which took four fifths of its time and
    which nobody would ever use: the hook goes when the graph does.
    """
    register = getattr(tensor.grad_fn, "_register_hook_dict", None)
    if register is not None and tensor._backward_hooks is None:
        tensor._backward_hooks = OrderedDict(collapse_probe=hook)
        register(tensor)
    else:
        tensor.register_hook(hook)


class GradientHook:
    """Passes a tensor's gradient on to a guarded action, behind what the action already knows."""

    __slots__ = ("_action", "_known")
    # Hooks do not belong into a file: torch.save leaves out a tensor's hooks that say so, and warns of others.
    __torch_unserializable__ = True

    def __init__(self, action: Callable[..., None], *known: Any) -> None:
        self._action = action
        self._known = known

    def __call__(self, gradient: Tensor) -> None:
        if not _is_batched(gradient):
            self._action(*self._known, gradient)
