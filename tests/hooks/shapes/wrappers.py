"""Networks inside something else: DataParallel, a launcher's wrappers, a training module that owns both."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ._account import Account
from ._stage import Game, Pair, networks, shape
from .classics import plain


def _parallel() -> Game:
    game = networks()
    game.generator, game.discriminator = nn.DataParallel(game.generator), nn.DataParallel(game.discriminator)
    return game


def _inner(game: Game) -> list[Pair]:
    inner = [module for module in (game.generator.module, game.discriminator.module) if isinstance(module, nn.Module)]
    return [(inner[0], inner[1])]


shape("`nn.DataParallel` around both, the wrappers given to `attach`", name="data parallel", build=_parallel)(plain)
shape(
    "`nn.DataParallel` around both, what is inside given to `attach`",
    name="data parallel, inner",
    build=_parallel,
    attached=_inner,
)(plain)


class ThinOptimizer(torch.optim.Optimizer):
    """Hands everything on to the optimizer inside, as launchers' wrappers do."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer

    @property
    def state(self) -> Any:  # type: ignore[override]
        return self.optimizer.state

    @property
    def param_groups(self) -> Any:  # type: ignore[override]
        return self.optimizer.param_groups

    def zero_grad(self, set_to_none: bool = True) -> None:
        self.optimizer.zero_grad(set_to_none)

    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        self.optimizer.step(closure)


def _prepared() -> Game:
    """Both networks with a forward of their own on the instance, both optimizers wrapped."""
    game = networks()
    for module in (game.generator, game.discriminator):
        module.forward = _in_half_precision(module.forward)  # type: ignore[method-assign]
    game.others |= {"inner_g": game.optimizer_g, "inner_d": game.optimizer_d}
    game.optimizer_g, game.optimizer_d = ThinOptimizer(game.optimizer_g), ThinOptimizer(game.optimizer_d)
    return game


def _in_half_precision(forward: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def wrapped(*args: Any, **kwargs: Any) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return forward(*args, **kwargs).float()

    return wrapped


shape(
    "prepared by a launcher: `forward` replaced on the instance by an autocast one, optimizers wrapped",
    build=_prepared,
    name="prepared",
)(plain)


class TrainingModule(nn.Module):
    """Owns both networks; calling it is calling the generator."""

    def __init__(self) -> None:
        super().__init__()
        game = networks()
        self.generator, self.discriminator = game.generator, game.discriminator
        self.automatic_optimization = False
        self._toggled: dict[int, bool] = {}

    def forward(self, latents: Tensor) -> Tensor:
        made: Tensor = self.generator(latents)
        return made

    def toggle(self, optimizer: torch.optim.Optimizer) -> None:
        """Only what this optimizer holds requires gradients from here on."""
        self._toggled = {id(p): p.requires_grad for p in self.parameters()}
        mine = {id(p) for group in optimizer.param_groups for p in group["params"]}
        for parameter in self.parameters():
            parameter.requires_grad_(id(parameter) in mine)

    def untoggle(self) -> None:
        for parameter in self.parameters():
            parameter.requires_grad_(self._toggled[id(parameter)])

    def training_step(self, game: Game, account: Account) -> None:
        latents, real = game.latents(), account.drawn(next(game.batches))
        self.toggle(game.optimizer_g)
        loss_g = F.softplus(-account.judged(self.discriminator(account.made(self(latents))))).mean()
        game.optimizer_g.zero_grad()
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update(loss_g)
        self.untoggle()
        self.toggle(game.optimizer_d)
        on_real = account.real(self.discriminator(real))
        on_fake = account.fake(self.discriminator(account.made(self(latents)).detach()))
        loss_d = (F.softplus(-on_real).mean() + F.softplus(on_fake).mean()) / 2
        game.optimizer_d.zero_grad()
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update(2 * loss_d)
        self.untoggle()
        account.log(loss_d=loss_d, loss_g=loss_g)


def _training_module() -> Game:
    owner = TrainingModule()
    game = networks()
    game.generator, game.discriminator = owner.generator, owner.discriminator
    game.optimizer_g = torch.optim.Adam(owner.generator.parameters(), 1e-3)
    game.optimizer_d = torch.optim.Adam(owner.discriminator.parameters(), 1e-3)
    game.others["owner"] = owner
    return game


@shape(
    "a training module owns both networks, calls itself for samples and toggles `requires_grad`", build=_training_module
)
def training_module(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.others["owner"].training_step(game, account)
