"""`torch.compile` of networks, in place and not, before and after `attach`, and of a whole step."""

import functools
from typing import Any

import torch
from torch.nn import functional as F

from ._account import Account
from ._stage import Game, Pair, networks, shape
from .classics import plain


def _compiled(*, backend: str, in_place: bool = False) -> Game:
    game = networks(dropout=False)
    if in_place:
        game.generator.compile(backend=backend)
        game.discriminator.compile(backend=backend)
        return game
    game.others |= {"G": game.generator, "D": game.discriminator}
    game.generator = torch.compile(game.generator, backend=backend)  # type: ignore[assignment]
    game.discriminator = torch.compile(game.discriminator, backend=backend)  # type: ignore[assignment]
    return game


def _originals(game: Game) -> list[Pair]:
    return [(game.others["G"], game.others["D"])]


_eager: dict[str, Any] = {"build": functools.partial(_compiled, backend="eager"), "compiles": True}

shape("`torch.compile` of both; what it returned is given to `attach`", name="compiled", **_eager)(plain)
shape(
    "the same with the backend `aot_eager`",
    name="compiled, aot_eager",
    **_eager | {"build": functools.partial(_compiled, backend="aot_eager")},
)(plain)
shape(
    "`torch.compile` of both; the originals are given to `attach`",
    name="compiled, originals",
    attached=_originals,
    **_eager,
)(plain)
shape(
    "`module.compile()` before `attach`",
    name="compiled in place",
    build=functools.partial(_compiled, backend="eager", in_place=True),
    compiles=True,
)(plain)


@shape("`torch.compile` of both after `attach`", compiles=True, build=functools.partial(networks, dropout=False))
def compiled_afterwards(game: Game, account: Account) -> None:
    originals = game.generator, game.discriminator
    game.generator = torch.compile(game.generator, backend="eager")  # type: ignore[assignment]
    game.discriminator = torch.compile(game.discriminator, backend="eager")  # type: ignore[assignment]
    plain(game, account)
    game.generator, game.discriminator = originals


@shape(
    "a whole step, both updates and all, compiled after `attach`",
    compiles=True,
    build=functools.partial(networks, dropout=False),
)
def compiled_step(game: Game, account: Account) -> None:
    def step(latents: torch.Tensor, real: torch.Tensor) -> tuple[torch.Tensor, ...]:
        game.optimizer_d.zero_grad()
        fake = game.generator(latents)
        on_real, on_fake = game.discriminator(real), game.discriminator(fake.detach())
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        loss_d.backward()
        game.optimizer_d.step()
        game.optimizer_g.zero_grad()
        judged = game.discriminator(fake)
        loss_g = F.softplus(-judged).mean()
        loss_g.backward()
        game.optimizer_g.step()
        return tuple(t.detach() for t in (fake, on_real, on_fake, judged, loss_d, loss_g))

    compiled = torch.compile(step, backend="eager")
    for _ in range(game.steps):
        latents, real = game.latents(), account.drawn(next(game.batches))
        fake, on_real, on_fake, judged, loss_d, loss_g = compiled(latents, real)
        account.made(fake)
        account.real(on_real)
        account.fake(on_fake)
        account.judged(judged)
        account.d_update(loss_d)
        account.g_update(loss_g)
        account.log(loss_d=loss_d, loss_g=loss_g)
