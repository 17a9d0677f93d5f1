"""Small training loops in the shapes that people write, each with its own account of what D said."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

STEPS = 24
BATCH = 32


@dataclass
class Account:
    """What the loop itself saw, one entry a generator update: mean scores, losses, and the batches G made."""

    real: list[float] = field(default_factory=list)
    fake: list[float] = field(default_factory=list)
    loss_d: list[float] = field(default_factory=list)
    loss_g: list[float] = field(default_factory=list)
    made: list[Tensor] = field(default_factory=list)


@dataclass
class Players:
    """Two networks, their optimizers and a stream of real batches, all from one seed."""

    generator: nn.Module
    discriminator: nn.Module
    optimizer_g: torch.optim.Optimizer
    optimizer_d: torch.optim.Optimizer
    batches: Iterator[Tensor]

    def latents(self) -> Tensor:
        return torch.randn(BATCH, 6)


Log = Callable[..., None]
Loop = Callable[[Players, Account, Log], None]


def players(*, sigmoid: bool, seed: int = 0) -> Players:
    torch.manual_seed(seed)
    generator = nn.Sequential(nn.Linear(6, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
    layers = [nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Dropout(0.1), nn.Linear(32, 1)]
    discriminator = nn.Sequential(*layers, *([nn.Sigmoid()] if sigmoid else []))
    return Players(
        generator,
        discriminator,
        torch.optim.Adam(generator.parameters(), 1e-3, betas=(0.5, 0.999)),
        torch.optim.Adam(discriminator.parameters(), 1e-3, betas=(0.5, 0.999)),
        _circle(seed),
    )


def _circle(seed: int) -> Iterator[Tensor]:
    source = torch.Generator().manual_seed(seed + 1000)
    while True:
        angles = 2 * torch.pi * torch.rand(BATCH, generator=source)
        yield torch.stack([angles.cos(), angles.sin()], dim=1)


def dcgan(p: Players, account: Account, log: Log) -> None:
    """Two backward passes per discriminator step, the fake batch used again for the generator."""
    criterion = nn.BCELoss()
    ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    fixed = torch.randn(8, 6)
    for index in range(STEPS):
        p.discriminator.zero_grad()
        real_scores = p.discriminator(next(p.batches))
        loss_real = criterion(real_scores, ones)
        loss_real.backward()
        fake = p.generator(p.latents())
        fake_scores = p.discriminator(fake.detach())
        loss_fake = criterion(fake_scores, zeros)
        loss_fake.backward()
        p.optimizer_d.step()
        p.generator.zero_grad()
        loss_g = criterion(p.discriminator(fake), ones)
        loss_g.backward()
        p.optimizer_g.step()
        if index % 5 == 0:
            # The official example draws its sheet with gradients on and in training mode.
            p.generator(fixed)
        _note(account, real_scores, fake_scores, loss_real + loss_fake, loss_g)
        account.made.append(fake.detach().clone())
        log(loss_d=loss_real + loss_fake, loss_g=loss_g)


def generator_first(p: Players, account: Account, log: Log) -> None:
    """The generator's step comes first; the discriminator's scores of an iteration belong to the next update."""
    criterion = nn.BCELoss()
    ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    for _ in range(STEPS):
        p.optimizer_g.zero_grad()
        fake = p.generator(p.latents())
        loss_g = criterion(p.discriminator(fake), ones)
        loss_g.backward()
        p.optimizer_g.step()
        p.optimizer_d.zero_grad()
        real_scores, fake_scores = p.discriminator(next(p.batches)), p.discriminator(fake.detach())
        loss_d = (criterion(real_scores, ones) + criterion(fake_scores, zeros)) / 2
        loss_d.backward()
        p.optimizer_d.step()
        _note(account, real_scores, fake_scores, loss_d, loss_g)
        account.made.append(fake.detach().clone())
        log(loss_d=loss_d, loss_g=loss_g)


def wgan_clip(p: Players, account: Account, log: Log) -> None:
    """Five critic steps with weight clipping for one of the generator."""
    for _ in range(STEPS):
        for _ in range(5):
            p.optimizer_d.zero_grad()
            made = p.generator(p.latents()).detach()
            account.made.append(made.clone())
            real_scores, fake_scores = p.discriminator(next(p.batches)), p.discriminator(made)
            loss_d = fake_scores.mean() - real_scores.mean()
            loss_d.backward()
            p.optimizer_d.step()
            for parameter in p.discriminator.parameters():
                parameter.data.clamp_(-0.05, 0.05)
            _note(account, real_scores, fake_scores, loss_d, loss_d)
        p.optimizer_g.zero_grad()
        made = p.generator(p.latents())
        account.made.append(made.detach().clone())
        loss_g = -p.discriminator(made).mean()
        loss_g.backward()
        p.optimizer_g.step()
        log(loss_d=loss_d, loss_g=loss_g)


def wgan_gp(p: Players, account: Account, log: Log) -> None:
    """Undetached fakes, and a gradient penalty on interpolates."""
    for _ in range(STEPS):
        for _ in range(5):
            p.optimizer_d.zero_grad()
            real, made = next(p.batches), p.generator(p.latents())
            account.made.append(made.detach().clone())
            real_scores, fake_scores = p.discriminator(real), p.discriminator(made)
            mix = torch.rand(BATCH, 1)
            between = (mix * real + (1 - mix) * made.detach()).requires_grad_(True)
            slope = torch.autograd.grad(p.discriminator(between).sum(), between, create_graph=True)[0]
            loss_d = fake_scores.mean() - real_scores.mean() + 10 * ((slope.norm(dim=1) - 1) ** 2).mean()
            loss_d.backward()
            p.optimizer_d.step()
            _note(account, real_scores, fake_scores, loss_d, loss_d)
        p.optimizer_g.zero_grad()
        made = p.generator(p.latents())
        account.made.append(made.detach().clone())
        loss_g = -p.discriminator(made).mean()
        loss_g.backward()
        p.optimizer_g.step()
        log(loss_d=loss_d, loss_g=loss_g)


def reversed_sign(p: Players, account: Account, log: Log) -> None:
    """A hinge loss whose discriminator gives real data the *lower* score."""
    for _ in range(STEPS):
        p.optimizer_d.zero_grad()
        fake = p.generator(p.latents())
        real_scores, fake_scores = p.discriminator(next(p.batches)), p.discriminator(fake.detach())
        loss_d = torch.relu(1 + real_scores).mean() + torch.relu(1 - fake_scores).mean()
        loss_d.backward()
        p.optimizer_d.step()
        p.optimizer_g.zero_grad()
        loss_g = p.discriminator(fake).mean()
        loss_g.backward()
        p.optimizer_g.step()
        _note(account, real_scores, fake_scores, loss_d, loss_g)
        account.made.append(fake.detach().clone())
        log(loss_d=loss_d, loss_g=loss_g)


def _note(account: Account, real: Tensor, fake: Tensor, loss_d: Tensor, loss_g: Tensor) -> None:
    account.real.append(real.detach().double().mean().item())
    account.fake.append(fake.detach().double().mean().item())
    account.loss_d.append(loss_d.item())
    account.loss_g.append(loss_g.item())


LOOPS: dict[str, tuple[Loop, bool]] = {
    "dcgan": (dcgan, True),
    "generator_first": (generator_first, True),
    "wgan_clip": (wgan_clip, False),
    "wgan_gp": (wgan_gp, False),
    "reversed_sign": (reversed_sign, False),
}
