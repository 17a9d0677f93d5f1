"""Penalties on gradients: with the loss or in steps of their own, on real data, on generated data, on the generator."""

import copy
import warnings

import torch
from torch import Tensor
from torch.nn import functional as F

from ._account import Account
from ._stage import Game, probabilities, shape
from .classics import plain_d, plain_g, toward
from .critics import critic_step, generator_step


def squared_slope(scores: Tensor, inputs: Tensor) -> Tensor:
    """Mean squared norm of the gradient of the scores with respect to the inputs."""
    slope = torch.autograd.grad(scores.sum(), inputs, create_graph=True)[0]
    return slope.square().flatten(1).sum(1).mean()


@shape("a penalty at real data moved by noise", build=probabilities)
def dragan(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_d.zero_grad()
        real, fake = account.drawn(next(game.batches)), account.made(game.generator(game.latents()))
        loss = toward(account.real(game.discriminator(real)), 1.0)
        loss = loss + toward(account.fake(game.discriminator(fake.detach())), 0.0)
        moved = (real + 0.5 * real.std() * torch.rand_like(real)).requires_grad_(True)
        slope = torch.autograd.grad(game.discriminator(moved).sum(), moved, create_graph=True)[0]
        account.penalty()
        (loss + 10 * (slope.norm(dim=1) - 1).square().mean()).backward()
        game.optimizer_d.step()
        account.d_update(loss)
        game.optimizer_g.zero_grad()
        loss_g = toward(account.judged(game.discriminator(fake)), 1.0)
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update(loss_g)
        account.log(loss_d=loss, loss_g=loss_g)


@shape("R1 with the loss: real and fake batches are leaves, the graph is kept for a second backward pass")
def r1(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.discriminator.requires_grad_(True)
        game.generator.requires_grad_(False)
        game.optimizer_d.zero_grad()
        real = account.drawn(next(game.batches)).requires_grad_()
        on_real = account.real(game.discriminator(real))
        loss_real = F.softplus(-on_real).mean()
        loss_real.backward(retain_graph=True)
        (10 * squared_slope(on_real, real)).backward()
        with torch.no_grad():
            fake = account.made(game.generator(game.latents()))
        fake.requires_grad_()
        loss_fake = F.softplus(account.fake(game.discriminator(fake))).mean()
        loss_fake.backward()
        game.optimizer_d.step()
        account.d_update(loss_real + loss_fake)
        game.discriminator.requires_grad_(False)
        game.generator.requires_grad_(True)
        loss_g = plain_g(game, account, account.made(game.generator(game.latents())))
        account.log(loss_d=loss_real + loss_fake, loss_g=loss_g)


def _lazy_r1(game: Game, account: Account, *, with_zeros: bool) -> None:
    for index in range(game.steps):
        fake = account.made(game.generator(game.latents()))
        loss_d = plain_d(game, account, fake)
        if index % 4 == 0:
            game.optimizer_d.zero_grad()
            real = account.drawn(next(game.batches)).requires_grad_()
            scores = game.discriminator(real)
            penalty = 10 * squared_slope(scores, real)
            account.penalty()
            ((scores * 0).mean() + penalty if with_zeros else penalty).backward()
            game.optimizer_d.step()
            account.d_update()
        loss_g = plain_g(game, account, fake)
        account.log(loss_d=loss_d, loss_g=loss_g)


@shape("R1 as a discriminator step of its own, every fourth time")
def lazy_r1(game: Game, account: Account) -> None:
    _lazy_r1(game, account, with_zeros=False)


@shape("the same, with scores times zero in the loss, as StyleGAN has it", name="lazy r1, zeros")
def lazy_r1_with_zeros(game: Game, account: Account) -> None:
    _lazy_r1(game, account, with_zeros=True)


@shape("WGAN-GP whose penalty is a critic step of its own, each time", name="penalty step")
def penalty_step(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        loss_d = critic_step(game, account)
        game.optimizer_d.zero_grad()
        real, fake = account.drawn(next(game.batches)), account.made(game.generator(game.latents())).detach()
        mix = torch.rand(game.batch, 1)
        between = (mix * real + (1 - mix) * fake).requires_grad_(True)
        slope = torch.autograd.grad(game.discriminator(between).sum(), between, create_graph=True)[0]
        account.penalty()
        (10 * (slope.norm(dim=1) - 1).square().mean()).backward()
        game.optimizer_d.step()
        account.d_update()
        loss_g = generator_step(game, account)
        account.log(loss_d=loss_d, loss_g=loss_g)


@shape("path lengths: a generator step of its own that never asks D, every fourth time")
def path_length(game: Game, account: Account) -> None:
    average = torch.zeros(())
    for index in range(game.steps):
        fake = account.made(game.generator(game.latents()))
        loss_d = plain_d(game, account, fake)
        loss_g = plain_g(game, account, fake)
        account.log(loss_d=loss_d, loss_g=loss_g)
        if index % 4 == 0:
            game.optimizer_g.zero_grad()
            latents = game.latents().requires_grad_()
            fake = account.made(game.generator(latents))
            slope = torch.autograd.grad((fake * torch.randn_like(fake)).sum(), latents, create_graph=True)[0]
            lengths = slope.square().sum(1).sqrt()
            average = average.lerp(lengths.mean().detach(), 0.01)
            (2 * (lengths - average).square().mean()).backward()
            game.optimizer_g.step()
            account.g_update()


@shape("R3GAN: relativistic pairs, graded real scores in G's step too, R1 and R2 with the loss")
def relativistic_pairs(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_g.zero_grad()
        fake = account.made(game.generator(game.latents()))
        on_fake = account.judged(game.discriminator(fake))
        on_real = game.discriminator(account.drawn(next(game.batches)).detach())
        account.may_be["real"] += 1
        loss_g = F.softplus(on_real - on_fake).mean()
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update()
        game.optimizer_d.zero_grad()
        real = account.drawn(next(game.batches)).detach().requires_grad_(True)
        fake = account.made(game.generator(game.latents())).detach().requires_grad_(True)
        on_real, on_fake = account.real(game.discriminator(real)), account.fake(game.discriminator(fake))
        loss_d = F.softplus(on_fake - on_real).mean()
        (loss_d + 0.5 * (squared_slope(on_real, real) + squared_slope(on_fake, fake))).backward()
        game.optimizer_d.step()
        account.d_update()
        account.log(loss_d=loss_d, loss_g=loss_g)


@shape("unrolled: three inner discriminator steps with `create_graph`, then D is as before", build=probabilities)
def unrolled(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        _unrolled_d(game, account, create_graph=False)
        backup = copy.deepcopy(game.discriminator.state_dict())
        for _ in range(3):
            _unrolled_d(game, account, create_graph=True)
        game.optimizer_g.zero_grad()
        loss_g = toward(account.judged(game.discriminator(account.made(game.generator(game.latents())))), 1.0)
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update(loss_g)
        game.discriminator.load_state_dict(backup)
        account.log(loss_g=loss_g)


def _unrolled_d(game: Game, account: Account, *, create_graph: bool) -> None:
    game.optimizer_d.zero_grad()
    loss = toward(account.real(game.discriminator(account.drawn(next(game.batches)))), 1.0)
    with torch.no_grad():
        fake = account.made(game.generator(game.latents()))
    loss = loss + toward(account.fake(game.discriminator(fake)), 0.0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Using backward.. with create_graph=True")
        loss.backward(create_graph=create_graph)
    game.optimizer_d.step()
    account.d_update(loss)


@shape("relativistic average: a pass over real data without gradients inside G's step")
def relativistic_average(game: Game, account: Account) -> None:
    def cross_entropy(logits: Tensor, target: float) -> Tensor:
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))

    for _ in range(game.steps):
        real = account.drawn(next(game.batches))
        game.optimizer_g.zero_grad()
        fake = account.made(game.generator(game.latents()))
        with torch.no_grad():
            on_real = game.discriminator(real)
        on_fake = account.judged(game.discriminator(fake))
        loss_g = cross_entropy(on_fake - on_real.mean(0, keepdim=True), 1.0)
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update()
        game.optimizer_d.zero_grad()
        on_real = account.real(game.discriminator(real))
        on_fake = account.fake(game.discriminator(fake.detach()))
        loss_d = cross_entropy(on_real - on_fake.mean(0, keepdim=True), 1.0)
        loss_d = (loss_d + cross_entropy(on_fake - on_real.mean(0, keepdim=True), 0.0)) / 2
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update()
        account.log(loss_d=loss_d, loss_g=loss_g)
