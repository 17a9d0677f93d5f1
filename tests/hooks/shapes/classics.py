"""The loops of the tutorials: cross-entropy, least squares, hinge; which network goes first, and how it is called."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from ._account import Account
from ._stage import LATENT, Game, game_of, networks, probabilities, shape


def toward(scores: Tensor, target: float) -> Tensor:
    """Binary cross-entropy of probabilities against one target."""
    return F.binary_cross_entropy(scores, torch.full_like(scores, target))


def plain_d(game: Game, account: Account, fake: Tensor) -> Tensor:
    """D's update on logits; the part that many shapes share."""
    game.optimizer_d.zero_grad()
    on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
    on_fake = account.fake(game.discriminator(fake.detach()))
    loss = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
    loss.backward()
    game.optimizer_d.step()
    account.d_update(loss)
    return loss


def plain_g(game: Game, account: Account, fake: Tensor) -> Tensor:
    """G's update on logits."""
    game.optimizer_g.zero_grad()
    loss = F.softplus(-account.judged(game.discriminator(fake))).mean()
    loss.backward()
    game.optimizer_g.step()
    account.g_update(loss)
    return loss


def plain(game: Game, account: Account) -> None:
    """The non-saturating GAN on logits, alternating: what is special is elsewhere."""
    for _ in range(game.steps):
        fake = account.made(game.generator(game.latents()))
        loss_d = plain_d(game, account, fake)
        loss_g = plain_g(game, account, fake)
        account.log(loss_d=loss_d, loss_g=loss_g)


@shape(
    "two backward passes per discriminator step, one fake batch for both, sheets in training mode", build=probabilities
)
def dcgan(game: Game, account: Account) -> None:
    fixed = torch.randn(8, LATENT)
    for index in range(game.steps):
        game.discriminator.zero_grad()
        loss_real = toward(account.real(game.discriminator(account.drawn(next(game.batches)))), 1.0)
        loss_real.backward()
        fake = account.made(game.generator(game.latents()))
        loss_fake = toward(account.fake(game.discriminator(fake.detach())), 0.0)
        loss_fake.backward()
        game.optimizer_d.step()
        account.d_update(loss_real + loss_fake)
        game.generator.zero_grad()
        loss_g = toward(account.judged(game.discriminator(fake)), 1.0)
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update(loss_g)
        if index % 5 == 0:
            # The official example draws its sheet with gradients on and in training mode.
            game.generator(fixed)
        account.log(loss_d=loss_real + loss_fake, loss_g=loss_g)


@shape("the discriminator's step follows the generator's, its loss is halved", build=probabilities)
def generator_first(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_g.zero_grad()
        fake = account.made(game.generator(game.latents()))
        loss_g = toward(account.judged(game.discriminator(fake)), 1.0)
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update(loss_g)
        game.optimizer_d.zero_grad()
        real = account.drawn(next(game.batches))
        loss_real = toward(account.real(game.discriminator(real)), 1.0)
        loss_fake = toward(account.fake(game.discriminator(fake.detach())), 0.0)
        loss_d = (loss_real + loss_fake) / 2
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update(loss_real + loss_fake)
        account.log(loss_d=loss_d, loss_g=loss_g)


@shape("the generator minimises log(1 - D), the saturating loss of the first paper", build=probabilities)
def minimax(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        fake = account.made(game.generator(game.latents()))
        game.optimizer_d.zero_grad()
        on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
        loss_d = toward(on_real, 1.0) + toward(account.fake(game.discriminator(fake.detach())), 0.0)
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update(loss_d)
        game.optimizer_g.zero_grad()
        loss_g = -toward(account.judged(game.discriminator(fake)), 0.0)
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update()
        account.log(loss_d=loss_d, loss_g=loss_g)


@shape("the fake batch is not detached, and G is called anew for its own step", build=probabilities)
def undetached(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.discriminator.zero_grad()
        on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
        on_fake = account.fake(game.discriminator(account.made(game.generator(game.latents()))))
        loss_d = toward(on_real, 1.0) + toward(on_fake, 0.0)
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update(loss_d)
        game.generator.zero_grad()
        loss_g = toward(account.judged(game.discriminator(account.made(game.generator(game.latents())))), 1.0)
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update(loss_g)
        account.log(loss_d=loss_d, loss_g=loss_g)


@shape("least squares: scores without a sigmoid, targets 1 and 0")
def lsgan(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        fake = account.made(game.generator(game.latents()))
        game.optimizer_d.zero_grad()
        on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
        on_fake = account.fake(game.discriminator(fake.detach()))
        loss_d = 0.5 * ((on_real - 1).square().mean() + on_fake.square().mean())
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update()
        game.optimizer_g.zero_grad()
        loss_g = 0.5 * (account.judged(game.discriminator(fake)) - 1).square().mean()
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update()
        account.log(loss_d=loss_d, loss_g=loss_g)


@shape("a hinge whose discriminator gives real data the *lower* score", orientation=-1)
def reversed_sign(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_d.zero_grad()
        fake = account.made(game.generator(game.latents()))
        on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
        on_fake = account.fake(game.discriminator(fake.detach()))
        loss_d = torch.relu(1 + on_real).mean() + torch.relu(1 - on_fake).mean()
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update()
        game.optimizer_g.zero_grad()
        loss_g = account.judged(game.discriminator(fake)).mean()
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update()
        account.log(loss_d=loss_d, loss_g=loss_g)


def _normalised() -> Game:
    discriminator = nn.Sequential(spectral_norm(nn.Linear(2, 16)), nn.LeakyReLU(0.2), spectral_norm(nn.Linear(16, 1)))
    return game_of(networks().generator, discriminator)


@shape("a hinge, spectral normalisation, five discriminator steps, all by `.forward(...)`", build=_normalised)
def forward_called_directly(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        for _ in range(5):
            game.discriminator.zero_grad()
            on_real = account.real(game.discriminator.forward(account.drawn(next(game.batches))))
            fake = account.made(game.generator.forward(game.latents())).detach()
            on_fake = account.fake(game.discriminator.forward(fake))
            loss_d = torch.relu(1 - on_real).mean() + torch.relu(1 + on_fake).mean()
            loss_d.backward()
            game.optimizer_d.step()
            account.d_update()
        game.generator.zero_grad()
        fake = account.made(game.generator.forward(game.latents()))
        loss_g = -account.judged(game.discriminator.forward(fake)).mean()
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update()
        account.log(loss_d=loss_d, loss_g=loss_g)


def _far_apart() -> Game:
    game = networks(dropout=False)
    game.optimizer_d = torch.optim.Adam(game.discriminator.parameters(), 0.05)
    game.optimizer_g = torch.optim.Adam(game.generator.parameters(), 1e-6)
    return game


@shape("a hinge that D has met by far: its gradients are exactly zero", build=_far_apart)
def saturated_hinge(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_d.zero_grad()
        fake = account.made(game.generator(game.latents()))
        # Data that any network tells from a generator's that hardly moves.
        on_real = account.real(game.discriminator(account.drawn(next(game.batches) + 3)))
        on_fake = account.fake(game.discriminator(fake.detach()))
        loss_d = torch.relu(1 - on_real).mean() + torch.relu(1 + on_fake).mean()
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update()
        game.optimizer_g.zero_grad()
        loss_g = -account.judged(game.discriminator(fake)).mean()
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update()
        account.log(loss_d=loss_d, loss_g=loss_g)
