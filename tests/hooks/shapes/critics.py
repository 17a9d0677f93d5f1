"""Wasserstein critics: several critic steps, clipping, gradient penalties, and the gradients of the first scripts."""

from collections.abc import Callable

import torch
from torch import Tensor

from ._account import Account
from ._stage import LATENT, Game, game_of, networks, shape


def critic_step(game: Game, account: Account, penalty: Callable[[Tensor, Tensor], Tensor] | None = None) -> Tensor:
    """One update of the critic; with a penalty the fake batch is not detached, as public code has it."""
    game.optimizer_d.zero_grad()
    real, fake = account.drawn(next(game.batches)), account.made(game.generator(game.latents()))
    fake = fake if penalty is not None else fake.detach()
    on_real, on_fake = account.real(game.discriminator(real)), account.fake(game.discriminator(fake))
    loss = on_fake.mean() - on_real.mean()
    if penalty is not None:
        loss = loss + 10 * penalty(real, fake)
    loss.backward()
    game.optimizer_d.step()
    account.d_update()
    return loss


def generator_step(game: Game, account: Account) -> Tensor:
    """One update of the generator against a critic."""
    game.optimizer_g.zero_grad()
    loss = -account.judged(game.discriminator(account.made(game.generator(game.latents())))).mean()
    loss.backward()
    game.optimizer_g.step()
    account.g_update()
    return loss


def clip(game: Game) -> None:
    for parameter in game.discriminator.parameters():
        parameter.data.clamp_(-0.1, 0.1)


@shape("five critic steps, weights clipped after each")
def wgan(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        for _ in range(5):
            loss_d = critic_step(game, account)
            clip(game)
        loss_g = generator_step(game, account)
        account.log(loss_d=loss_d, loss_g=loss_g)


@shape("bursts of 30 critic steps at first and every twentieth time, else five", name="wgan, bursts")
def wgan_bursts(game: Game, account: Account) -> None:
    for index in range(game.steps):
        for _ in range(30 if index < 3 or index % 20 == 0 else 5):
            clip(game)
            loss_d = critic_step(game, account)
        loss_g = generator_step(game, account)
        account.log(loss_d=loss_d, loss_g=loss_g)


@shape("undetached fakes, a penalty on interpolates")
def wgan_gp(game: Game, account: Account) -> None:
    def penalty(real: Tensor, fake: Tensor) -> Tensor:
        mix = torch.rand(len(real), 1)
        between = (mix * real.data + (1 - mix) * fake.data).requires_grad_(True)
        slope = torch.autograd.grad(game.discriminator(between).sum(), between, create_graph=True)[0]
        account.penalty()
        return (slope.norm(dim=1) - 1).square().mean()

    for _ in range(game.steps):
        for _ in range(5):
            loss_d = critic_step(game, account, penalty)
        loss_g = generator_step(game, account)
        account.log(loss_d=loss_d, loss_g=loss_g)


class _GeneratorThatTakesReal(torch.nn.Module):
    """The first script's generator is given the real batch too, for an option that few use."""

    def __init__(self) -> None:
        super().__init__()
        self.main = networks().generator

    def forward(self, noise: Tensor, real: Tensor) -> Tensor:
        made: Tensor = self.main(noise)
        return made


def _first_script() -> Game:
    return game_of(_GeneratorThatTakesReal(), networks().discriminator)


@shape(
    "three backward passes with one and minus one, fakes by `.data`, D frozen for G, G(noise, real)",
    build=_first_script,
)
def wgan_gp_first_script(game: Game, account: Account) -> None:
    one = torch.tensor(1.0)
    for _ in range(game.steps):
        game.discriminator.requires_grad_(True)
        for _ in range(5):
            game.discriminator.zero_grad()
            real = account.drawn(next(game.batches))
            on_real = account.real(game.discriminator(real)).mean()
            on_real.backward(-one)
            with torch.no_grad():
                noise = torch.randn(game.batch, LATENT)
            fake = account.made(game.generator(noise, real)).data.clone()
            on_fake = account.fake(game.discriminator(fake)).mean()
            on_fake.backward(one)
            mix = torch.rand(game.batch, 1).expand(real.size())
            between = (mix * real + (1 - mix) * fake).requires_grad_(True)
            scores = game.discriminator(between)
            slope = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True, retain_graph=True)[
                0
            ]
            account.penalty()
            penalty = 10 * (slope.norm(2, dim=1) - 1).square().mean()
            penalty.backward()
            game.optimizer_d.step()
            account.d_update()
        game.discriminator.requires_grad_(False)
        game.generator.zero_grad()
        fake = account.made(game.generator(game.latents(), next(game.batches)))
        on_fake = account.judged(game.discriminator(fake)).mean()
        on_fake.backward(-one)
        game.optimizer_g.step()
        account.g_update()
        account.log(wasserstein=on_real - on_fake)
