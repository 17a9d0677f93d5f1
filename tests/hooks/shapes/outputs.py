"""What discriminators return: tuples, lists, dicts, data classes, maps, one number a batch, and whole images."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ._account import Account
from ._stage import LATENT, Game, circle, game_of, networks, shape


@dataclass
class Verdicts:
    """A discriminator's output with names."""

    features: Tensor
    scores: Tensor


class Wrapped(nn.Module):
    """A discriminator whose scores come packed with its features."""

    def __init__(self, pack: Callable[[Tensor, Tensor], Any]) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Dropout(0.1))
        self.head = nn.Linear(16, 1)
        self.pack = pack

    def forward(self, samples: Tensor) -> Any:
        features = self.features(samples)
        return self.pack(self.head(features), features)


def _packed(game: Game, account: Account, *, scores_of: Callable[[Any], Tensor]) -> None:
    """Logits picked out of what D returns; G matches features too, as public code does."""
    for _ in range(game.steps):
        game.optimizer_d.zero_grad()
        fake = account.made(game.generator(game.latents()))
        on_real = account.real(scores_of(game.discriminator(account.drawn(next(game.batches)))))
        on_fake = account.fake(scores_of(game.discriminator(fake.detach())))
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update(loss_d)
        game.optimizer_g.zero_grad()
        loss_g = F.softplus(-account.judged(scores_of(game.discriminator(fake)))).mean()
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update(loss_g)
        account.log(loss_d=loss_d, loss_g=loss_g)


def _build(pack: Callable[[Tensor, Tensor], Any]) -> Game:
    return game_of(networks().generator, Wrapped(pack))


def _register(
    name: str, pack: Callable[[Tensor, Tensor], Any], scores_of: Callable[[Any], Tensor], **more: Any
) -> None:
    loop = functools.partial(_packed, scores_of=scores_of)
    shape("scores come with features", name=f"D returns {name}", build=functools.partial(_build, pack), **more)(loop)


_register("a tuple", lambda s, f: (s, f), lambda out: out[0])
_register("a list", lambda s, f: [s.squeeze(1), f], lambda out: out[0])
_register("a dict", lambda s, f: {"h": f, "adv_output": s.squeeze(1)}, lambda out: out["adv_output"])
_register("a data class, features first", lambda s, f: Verdicts(f, s), lambda out: out.scores)
_register("a list of lists, features first", lambda s, f: [[f, s], [f, s]], lambda out: out[1][1])


class Patches(nn.Module):
    """A discriminator of 2-D points that gives a 3x3 map of scores a sample, as on patches of an image."""

    def __init__(self) -> None:
        super().__init__()
        self.main = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 9))

    def forward(self, samples: Tensor) -> Tensor:
        return self.main(samples).reshape(-1, 1, 3, 3)


@shape("D returns a map of patch scores; least squares", build=lambda: game_of(networks().generator, Patches()))
def patch_map(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_d.zero_grad()
        fake = account.made(game.generator(game.latents()))
        on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
        on_fake = account.fake(game.discriminator(fake.detach()))
        loss_d = 0.5 * (F.mse_loss(on_real, torch.ones_like(on_real)) + F.mse_loss(on_fake, torch.zeros_like(on_fake)))
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update()
        game.optimizer_g.zero_grad()
        on_fake = account.judged(game.discriminator(fake))
        loss_g = F.mse_loss(on_fake, torch.ones_like(on_fake))
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update()
        account.log(loss_d=loss_d, loss_g=loss_g)


def _moments(batch: Tensor) -> Tensor:
    mean, spread = batch.mean(), batch.std()
    z = (batch - mean) / spread
    return torch.stack([mean, spread, z.pow(3).mean(), z.pow(4).mean() - 3.0]).reshape(1, 4)


def _one_number() -> Game:
    generator = nn.Sequential(nn.Linear(LATENT, 8), nn.Tanh(), nn.Linear(8, 1))
    discriminator = nn.Sequential(nn.Linear(4, 16), nn.Sigmoid(), nn.Linear(16, 1), nn.Sigmoid())
    game = game_of(generator, discriminator)
    game.batches = (4 + 1.25 * points[:, :1] for points in circle(game.batch))
    return game


@shape(
    "one probability for a whole batch: D sees four moments of it; five steps of D, then five of G",
    build=_one_number,
    needs="`real=`, since D never sees a sample",
    options={"real": 4 + 1.25 * torch.randn(256, 1, generator=torch.Generator().manual_seed(7))},
    edge=False,
)
def whole_batch_score(game: Game, account: Account) -> None:
    for index in range(game.steps):
        for _ in range(5 if index % 5 == 0 else 0):
            game.discriminator.zero_grad()
            on_real = account.real(game.discriminator(_moments(account.drawn(next(game.batches)))))
            loss_real = F.binary_cross_entropy(on_real, torch.ones(1, 1))
            loss_real.backward()
            fake = account.made(game.generator(game.latents())).detach()
            on_fake = account.fake(game.discriminator(_moments(fake)))
            loss_fake = F.binary_cross_entropy(on_fake, torch.zeros(1, 1))
            loss_fake.backward()
            game.optimizer_d.step()
            account.d_update(loss_real + loss_fake)
        game.generator.zero_grad()
        on_fake = account.judged(game.discriminator(_moments(account.made(game.generator(game.latents())))))
        loss_g = F.binary_cross_entropy(on_fake, torch.ones(1, 1))
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update(loss_g)
        account.log(loss_g=loss_g)


def _autoencoder() -> Game:
    return game_of(networks().generator, nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2)))


def _score(out: Tensor, x: Tensor) -> Tensor:
    return -(out - x).abs().flatten(1).mean(1)


_ENERGY = {
    "build": _autoencoder,
    "options": {"score": _score},
    "needs": "`score=lambda out, x: -(out - x).abs().flatten(1).mean(1)`",
}


@shape("D is an autoencoder, its score the reconstruction error, with a margin", **_ENERGY, name="EBGAN")
def energy_based(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_g.zero_grad()
        fake = account.made(game.generator(game.latents()))
        rebuilt = game.discriminator(fake)
        account.judged(_score(rebuilt, fake))
        loss_g = F.mse_loss(rebuilt, fake.detach())
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update()
        game.optimizer_d.zero_grad()
        real = account.drawn(next(game.batches))
        rebuilt_real, rebuilt_fake = game.discriminator(real), game.discriminator(fake.detach())
        account.real(_score(rebuilt_real, real))
        account.fake(_score(rebuilt_fake, fake))
        loss_d = F.mse_loss(rebuilt_real, real) + torch.relu(1 - F.mse_loss(rebuilt_fake, fake.detach()))
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update()
        account.log(loss_d=loss_d, loss_g=loss_g)


@shape("an autoencoder as D, balanced by a factor that starts at nought", **_ENERGY, name="BEGAN")
def boundary_equilibrium(game: Game, account: Account) -> None:
    balance = 0.0
    for _ in range(game.steps):
        game.optimizer_g.zero_grad()
        fake = account.made(game.generator(game.latents()))
        rebuilt = game.discriminator(fake)
        account.judged(_score(rebuilt, fake))
        loss_g = (rebuilt - fake).abs().mean()
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update()
        game.optimizer_d.zero_grad()
        real = account.drawn(next(game.batches))
        rebuilt_real, rebuilt_fake = game.discriminator(real), game.discriminator(fake.detach())
        account.real(_score(rebuilt_real, real))
        account.fake(_score(rebuilt_fake, fake))
        of_real, of_fake = (rebuilt_real - real).abs().mean(), (rebuilt_fake - fake.detach()).abs().mean()
        loss_d = of_real - balance * of_fake
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update()
        balance = min(1.0, max(0.0, balance + 0.01 * (0.75 * of_real - of_fake).item()))
        account.log(loss_d=loss_d, loss_g=loss_g)
