"""Whose update an optimizer's step is."""

import weakref
from collections.abc import Iterator

import torch
from torch import nn

from .._recorder import Player

Parameters = list[nn.Parameter]


class Players:
    """Tells from an optimizer's parameters, and from which of them have gradients, which network it updates."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module | None) -> None:
        self._modules = generator, discriminator
        self._known: weakref.WeakKeyDictionary[torch.optim.Optimizer, tuple[int, Parameters, Parameters]]
        self._known = weakref.WeakKeyDictionary()
        self._stepping: Player | None = None
        self._generator_has_its_own = False

    def about_to_step(self, optimizer: torch.optim.Optimizer) -> Iterator[tuple[str, Parameters]]:
        """Column names of the gradient norms, and the parameters that they are of."""
        of_generator, of_discriminator = self._parameters(optimizer)
        in_generator = _have_gradients(of_generator)
        in_discriminator = _have_gradients(of_discriminator)
        self._stepping = None
        if of_generator and not of_discriminator:
            self._stepping = "generator"
            self._generator_has_its_own = True
        elif of_discriminator and not of_generator:
            self._stepping = "discriminator"
        elif of_generator and not self._generator_has_its_own:
            # One optimizer for both networks: an update without a gradient for one of them is the other's.
            only: Player = "discriminator" if not in_generator else "generator" if not in_discriminator else "both"
            self._stepping = only
        if self._stepping in ("generator", "both") and in_generator:
            yield "grad_norm_g", of_generator
        if self._stepping in ("discriminator", "both") and in_discriminator:
            yield "grad_norm_d", of_discriminator

    def who_stepped(self, optimizer: torch.optim.Optimizer) -> Player | None:
        """Whose update it was; None for other networks, and for a third optimizer over both (an information loss)."""
        stepped, self._stepping = self._stepping, None
        return stepped

    def _parameters(self, optimizer: torch.optim.Optimizer) -> tuple[Parameters, Parameters]:
        known = self._known.get(optimizer)
        size = sum(len(group["params"]) for group in optimizer.param_groups)
        if known is None or known[0] != size:
            # Networks grow, and a checkpoint may bring parameters of its own: what they hold now is what counts.
            own = _own_parameters(*self._modules)
            held = [p for group in optimizer.param_groups for p in group["params"]]
            of_generator, of_discriminator = ([p for p in held if id(p) in ids] for ids in own)
            known = self._known[optimizer] = size, of_generator, of_discriminator
        return known[1], known[2]


def _own_parameters(generator: nn.Module, discriminator: nn.Module | None) -> tuple[set[int], set[int]]:
    """Which parameters tell whose update it is: one that both networks hold does not, unless it is all there is."""
    of_generator = {id(p) for p in generator.parameters()}
    of_discriminator = set() if discriminator is None else {id(p) for p in discriminator.parameters()}
    shared = of_generator & of_discriminator
    return of_generator - shared or of_generator, of_discriminator - shared or of_discriminator


def _have_gradients(parameters: Parameters) -> bool:
    return any(p.grad is not None for p in parameters)
