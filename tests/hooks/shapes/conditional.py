"""Networks that are told a class: by position, by keyword, with a class loss, with a code to be recovered."""

import itertools
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ._account import Account
from ._stage import LATENT, Game, game_of, shape
from .classics import toward

CLASSES = 3


class ToldGenerator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.classes = nn.Embedding(CLASSES, LATENT)
        self.main = nn.Sequential(nn.Linear(LATENT, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))

    def forward(self, noise: Tensor, labels: Tensor) -> Tensor:
        made: Tensor = self.main(noise * self.classes(labels))
        return made


class ToldDiscriminator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.main = nn.Sequential(nn.Linear(2 + CLASSES, 16), nn.LeakyReLU(0.2), nn.Dropout(0.1), nn.Linear(16, 1))

    def forward(self, samples: Tensor, labels: Tensor) -> Tensor:
        one_hot = F.one_hot(labels, CLASSES).float() if labels.ndim == 1 else labels
        scores: Tensor = self.main(torch.cat([samples, one_hot], 1))
        return scores


def _told() -> Game:
    return game_of(ToldGenerator(), ToldDiscriminator())


def _labels(game: Game) -> Tensor:
    return torch.randint(CLASSES, (game.batch,))


@shape("conditional: G(z, labels) and D(x, labels)", name="conditional", build=_told)
def conditional(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_d.zero_grad()
        labels = _labels(game)
        fake = account.made(game.generator(game.latents(), labels))
        on_real = account.real(game.discriminator(account.drawn(next(game.batches)), _labels(game)))
        on_fake = account.fake(game.discriminator(fake.detach(), labels))
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update(loss_d)
        game.optimizer_g.zero_grad()
        loss_g = F.softplus(-account.judged(game.discriminator(fake, labels))).mean()
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update(loss_g)
        account.log(loss_d=loss_d, loss_g=loss_g)


@shape("conditional: by keyword, with one-hot labels before the samples", name="conditional, keywords", build=_told)
def conditional_by_keyword(game: Game, account: Account) -> None:
    def score(samples: Tensor, labels: Tensor) -> Tensor:
        scores: Tensor = game.discriminator(labels=F.one_hot(labels, CLASSES).float(), samples=samples)
        return scores

    for _ in range(game.steps):
        game.optimizer_d.zero_grad()
        labels = _labels(game)
        fake = account.made(game.generator(labels=labels, noise=game.latents()))
        on_real = account.real(score(account.drawn(next(game.batches)), _labels(game)))
        on_fake = account.fake(score(fake.detach(), labels))
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update(loss_d)
        game.optimizer_g.zero_grad()
        loss_g = F.softplus(-account.judged(score(fake, labels))).mean()
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update(loss_g)
        account.log(loss_d=loss_d, loss_g=loss_g)


class Classifier(nn.Module):
    """A discriminator that also names the class, and the code where there is one."""

    def __init__(self, codes: int = 0) -> None:
        super().__init__()
        self.main = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Dropout(0.1))
        self.validity = nn.Sequential(nn.Linear(16, 1), nn.Sigmoid())
        self.classes = nn.Linear(16, CLASSES)
        self.code = nn.Linear(16, codes) if codes else None

    def forward(self, samples: Tensor) -> tuple[Any, ...]:
        features = self.main(samples)
        found = self.validity(features), self.classes(features)
        return found if self.code is None else (*found, self.code(features))


@shape(
    "ACGAN: D returns (validity, class), a class loss in both steps; G first",
    name="auxiliary classifier",
    build=lambda: game_of(ToldGenerator(), Classifier()),
)
def auxiliary_classifier(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_g.zero_grad()
        labels = _labels(game)
        fake = account.made(game.generator(game.latents(), labels))
        validity, classes = game.discriminator(fake)
        adversarial = toward(account.judged(validity), 1.0)
        loss_g = 0.5 * (adversarial + F.cross_entropy(classes, labels))
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update(adversarial)
        game.optimizer_d.zero_grad()
        validity, classes = game.discriminator(account.drawn(next(game.batches)))
        loss_real = toward(account.real(validity), 1.0)
        loss_class = F.cross_entropy(classes, _labels(game))
        validity, classes = game.discriminator(fake.detach())
        loss_fake = toward(account.fake(validity), 0.0)
        loss_d = (loss_real + loss_fake + loss_class + F.cross_entropy(classes, labels)) / 4
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update(loss_real + loss_fake)
        account.log(loss_d=loss_d, loss_g=loss_g)


def _with_information() -> Game:
    game = game_of(ToldGenerator(), Classifier(codes=2))
    both = itertools.chain(game.generator.parameters(), game.discriminator.parameters())
    game.others["optimizer_info"] = torch.optim.Adam(both, 1e-3)
    return game


@shape(
    "InfoGAN: a third optimizer over both networks, whose step is an update of G too",
    name="information",
    build=_with_information,
)
def information(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_g.zero_grad()
        labels = _labels(game)
        fake = account.made(game.generator(game.latents(), labels))
        loss_g = F.mse_loss(account.judged(game.discriminator(fake)[0]), torch.ones(game.batch, 1))
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update()
        game.optimizer_d.zero_grad()
        on_real = account.real(game.discriminator(account.drawn(next(game.batches)))[0])
        on_fake = account.fake(game.discriminator(fake.detach())[0])
        loss_d = 0.5 * (
            F.mse_loss(on_real, torch.ones(game.batch, 1)) + F.mse_loss(on_fake, torch.zeros(game.batch, 1))
        )
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update()
        game.others["optimizer_info"].zero_grad()
        labels, latents = _labels(game), game.latents()
        _, classes, code = game.discriminator(account.made(game.generator(latents, labels)))
        loss_info = F.cross_entropy(classes, labels) + 0.1 * F.mse_loss(code, latents[:, :2])
        loss_info.backward()
        game.others["optimizer_info"].step()
        account.g_update()
        account.log(loss_info=loss_info, loss_d=loss_d, loss_g=loss_g)
