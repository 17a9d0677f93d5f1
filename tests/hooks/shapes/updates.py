"""Which updates there are: accumulated, skipped, both from one pass, both by one optimizer, in half precision."""

import functools
import itertools
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ._account import Account
from ._stage import Game, adam, circle, networks, probabilities, shape
from .classics import toward


def _accumulated(game: Game, account: Account, *, parts: int) -> None:
    for _ in range(game.steps):
        game.optimizer_d.zero_grad()
        total_d = total_g = 0.0
        for _ in range(parts):
            on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
            with torch.no_grad():
                fake = account.made(game.generator(game.latents()))
            on_fake = account.fake(game.discriminator(fake))
            loss_d = (F.softplus(-on_real).mean() + F.softplus(on_fake).mean()) / parts
            loss_d.backward()
            total_d += loss_d.item()
        game.optimizer_d.step()
        account.d_update(total_d)
        game.optimizer_g.zero_grad()
        for _ in range(parts):
            fake = account.made(game.generator(game.latents()))
            loss_g = F.softplus(-account.judged(game.discriminator(fake))).mean() / parts
            loss_g.backward()
            total_g += loss_g.item()
        game.optimizer_g.step()
        account.g_update(total_g)
        account.log(loss_d=total_d, loss_g=total_g)


for _parts in (2, 4):
    shape("gradients of several small batches are added up before each update", name=f"{_parts} micro-batches")(
        functools.partial(_accumulated, parts=_parts)
    )


@shape("mixed precision with one gradient scaler; updates with infinite gradients are skipped")
def gradient_scaler(game: Game, account: Account) -> None:
    scaler = torch.amp.GradScaler(
        "cpu", init_scale=2.0**127, growth_factor=2.0**120, backoff_factor=2.0**-120, growth_interval=30
    )
    for _ in range(game.steps):
        game.optimizer_d.zero_grad()
        fake = account.made(game.generator(game.latents()))
        on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
        on_fake = account.fake(game.discriminator(fake.detach()))
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        if _scaled(scaler, 4 * loss_d, game.optimizer_d):
            account.d_update(loss_d)
        else:
            account.d_skipped()
        game.optimizer_g.zero_grad()
        loss_g = F.softplus(-account.judged(game.discriminator(fake))).mean()
        if _scaled(scaler, 4 * loss_g, game.optimizer_g):
            account.g_update(loss_g)
        else:
            account.g_skipped()


def _scaled(scaler: torch.amp.GradScaler, loss: Tensor, optimizer: torch.optim.Optimizer) -> bool:
    """One scaled update; whether it was made."""
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    before = scaler.get_scale()
    scaler.update()
    return scaler.get_scale() >= before


@shape("bfloat16 by autocast: scores with three digits, many ties")
def autocast(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_d.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            fake = account.made(game.generator(game.latents()))
            on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
            on_fake = account.fake(game.discriminator(fake.detach()))
            loss_d = torch.relu(1 - on_real).mean() + torch.relu(1 + on_fake).mean()
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update()
        game.optimizer_g.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss_g = -account.judged(game.discriminator(fake)).mean()
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update()
        account.log(loss_d=loss_d, loss_g=loss_g)


def _one_pass(game: Game, account: Account) -> tuple[Tensor, Tensor]:
    """Both losses from the same scores."""
    on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
    on_fake = account.fake(game.discriminator(account.made(game.generator(game.latents()))))
    account.may_be["generator fake"] += 1
    return toward(on_real, 1.0) + toward(on_fake, 0.0), toward(on_fake, 1.0)


@shape("both updates from one pass, by `torch.autograd.grad`, as Keras does", build=probabilities)
def simultaneous(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        loss_d, loss_g = _one_pass(game, account)
        for loss, module, keep in ((loss_d, game.discriminator, True), (loss_g, game.generator, False)):
            gradients = torch.autograd.grad(loss, list(module.parameters()), retain_graph=keep)
            for parameter, gradient in zip(module.parameters(), gradients, strict=True):
                parameter.grad = gradient
        game.optimizer_d.step()
        account.d_update(loss_d)
        game.optimizer_g.step()
        account.g_update(loss_g)
        account.log(loss_d=loss_d, loss_g=loss_g)


@shape("both updates from one pass, by two backward passes", name="simultaneous, backward", build=probabilities)
def simultaneous_backward(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        loss_d, loss_g = _one_pass(game, account)
        game.optimizer_d.zero_grad()
        game.optimizer_g.zero_grad()
        loss_g.backward(retain_graph=True, inputs=list(game.generator.parameters()))
        loss_d.backward(inputs=list(game.discriminator.parameters()))
        game.optimizer_d.step()
        account.d_update(loss_d)
        game.optimizer_g.step()
        account.g_update(loss_g)
        account.log(loss_d=loss_d, loss_g=loss_g)


def _one_optimizer(**settings: Any) -> Game:
    game = networks(**settings)
    game.optimizer_d = game.optimizer_g = adam(game.generator, game.discriminator)
    return game


@shape("one optimizer for both networks; the one whose turn it is not is frozen", build=_one_optimizer)
def one_optimizer(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        fake = account.made(game.generator(game.latents()))
        game.optimizer_d.zero_grad()
        on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
        on_fake = account.fake(game.discriminator(fake.detach()))
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update(loss_d)
        game.optimizer_g.zero_grad()
        game.discriminator.requires_grad_(False)
        loss_g = F.softplus(-account.judged(game.discriminator(fake))).mean()
        loss_g.backward()
        game.optimizer_g.step()
        game.discriminator.requires_grad_(True)
        account.g_update(loss_g)
        account.log(loss_d=loss_d, loss_g=loss_g)


class Reversal(torch.autograd.Function):
    """The identity, whose gradient is turned round."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor) -> Tensor:
        return inputs.view_as(inputs)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return -gradients[0]


def _reversed() -> Game:
    return _one_optimizer(sigmoid=True)


@shape("a gradient reversal between G and D: one backward pass, one optimizer, one update of both", build=_reversed)
def gradient_reversal(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_d.zero_grad()
        fake = account.made(game.generator(game.latents()))
        on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
        on_fake = account.fake(game.discriminator(Reversal.apply(fake)))  # type: ignore[no-untyped-call]
        account.may_be["generator fake"] += 1
        loss = toward(on_real, 1.0) + toward(on_fake, 0.0)
        loss.backward()
        game.optimizer_d.step()
        account.d_update(loss)
        account.g_update()
        account.log(loss=loss)


def _autoencoder() -> Game:
    encoder, decoder = (nn.Sequential(nn.Linear(a, 16), nn.ReLU(), nn.Linear(16, b)) for a, b in ((2, 4), (2, 2)))
    both = torch.optim.Adam(itertools.chain(encoder.parameters(), decoder.parameters()), 1e-3)
    return Game(decoder, encoder, both, both, circle(16))


@shape(
    "a generator without a discriminator: the decoder of a variational autoencoder",
    build=_autoencoder,
    attached=lambda game: [(game.generator, None)],
    needs="`attach(decoder)` alone, and `real=`, since there is no D to see it",
    options={"real": next(circle(128))},
)
def generator_alone(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_g.zero_grad()
        real = account.drawn(next(game.batches))
        mean, log_variance = game.discriminator(real).chunk(2, dim=1)
        rebuilt = account.made(game.generator(mean + (0.5 * log_variance).exp() * torch.randn_like(mean)))
        divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1).mean()
        loss_g = F.mse_loss(rebuilt, real) + 0.01 * divergence
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update()
        account.log(loss_g=loss_g)
