"""What discriminators are shown, and with which labels: both at once, augmented, old, flipped, smoothed, a few."""

import functools

import torch
from torch import Tensor
from torch.nn import functional as F

from ._account import Account
from ._stage import Game, circle, networks, probabilities, shape
from .classics import plain, plain_d, plain_g, toward

REFERENCE = next(circle(128))


def _together(game: Game, account: Account, *, fake_first: bool) -> None:
    for _ in range(game.steps):
        game.optimizer_d.zero_grad()
        with torch.no_grad():
            fake = account.made(game.generator(game.latents()))
        parts = [fake, account.drawn(next(game.batches))]
        scores = game.discriminator(torch.cat(parts if fake_first else parts[::-1]))
        on_fake, on_real = scores.split(game.batch) if fake_first else scores.split(game.batch)[::-1]
        account.mixed(real=on_real, fake=on_fake)
        loss_d = torch.relu(1 - on_real).mean() + torch.relu(1 + on_fake).mean()
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update()
        game.optimizer_g.zero_grad()
        loss_g = -account.judged(game.discriminator(account.made(game.generator(game.latents())))).mean()
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update()
        account.log(loss_d=loss_d, loss_g=loss_g)


shape("one call on fake and real together, hinge", name="fake and real together")(
    functools.partial(_together, fake_first=True)
)
shape("one call on real and fake together, hinge", name="real and fake together")(
    functools.partial(_together, fake_first=False)
)


def augment(batch: Tensor) -> Tensor:
    """Random and differentiable: each row is turned, scaled and moved."""
    angles = 0.5 * torch.randn(len(batch))
    turned = torch.stack(
        [
            batch[:, 0] * angles.cos() - batch[:, 1] * angles.sin(),
            batch[:, 0] * angles.sin() + batch[:, 1] * angles.cos(),
        ],
        dim=1,
    )
    return turned * (1 + 0.1 * torch.randn(len(batch), 1)) + 0.1 * torch.randn(len(batch), 1)


@shape(
    "random, differentiable augmentation between G and D",
    needs="`real=`, since D sees augmented data alone",
    options={"real": REFERENCE},
)
def augmented(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        fake = account.made(game.generator(game.latents()))
        game.optimizer_d.zero_grad()
        on_real = account.real(game.discriminator(augment(account.drawn(next(game.batches)))))
        on_fake = account.fake(game.discriminator(augment(fake.detach())))
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update(loss_d)
        loss_g = _augmented_g(game, account, fake)
        account.log(loss_d=loss_d, loss_g=loss_g)


def _augmented_g(game: Game, account: Account, fake: Tensor) -> Tensor:
    game.optimizer_g.zero_grad()
    loss = F.softplus(-account.judged(game.discriminator(augment(fake)))).mean()
    loss.backward()
    game.optimizer_g.step()
    account.g_update(loss)
    return loss


@shape("D is shown old fakes from a buffer of 50, half of the time")
def replay_buffer(game: Game, account: Account) -> None:
    kept: list[Tensor] = []

    def exchange(batch: Tensor) -> Tensor:
        shown = []
        for row in batch.detach().clone().unsqueeze(1):
            if len(kept) < 50:
                kept.append(row)
                shown.append(row)
            elif torch.rand(()) > 0.5:
                place = int(torch.randint(50, ()))
                shown.append(kept[place].clone())
                kept[place] = row
            else:
                shown.append(row)
        return torch.cat(shown)

    for _ in range(game.steps):
        fake = account.made(game.generator(game.latents()))
        loss_g = plain_g(game, account, fake)
        loss_d = plain_d(game, account, exchange(fake))
        account.log(loss_d=loss_d, loss_g=loss_g)


def _labelled(game: Game, account: Account, *, flip_every: int = 0, flip_row: float = 0.0) -> None:
    for index in range(game.steps):
        swap = flip_every > 0 and index % flip_every == flip_every - 1
        ones = (torch.rand(game.batch, 1) >= flip_row).float()
        real_target, fake_target = (1 - ones, ones) if swap else (ones, 1 - ones)
        game.optimizer_d.zero_grad()
        fake = account.made(game.generator(game.latents()))
        on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
        on_fake = account.fake(game.discriminator(fake.detach()))
        loss_d = F.binary_cross_entropy(on_real, real_target) + F.binary_cross_entropy(on_fake, fake_target)
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update()
        game.optimizer_g.zero_grad()
        loss_g = toward(account.judged(game.discriminator(fake)), 1.0)
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update(loss_g)
        account.log(loss_d=loss_d, loss_g=loss_g)


shape("labels of 5 % of the batches are swapped", name="flipped batches", build=probabilities)(
    functools.partial(_labelled, flip_every=20)
)
shape("labels of 10 % of the rows are swapped", name="flipped rows", build=probabilities)(
    functools.partial(_labelled, flip_row=0.1)
)


@shape("targets 0.9 and 0.1", build=probabilities)
def smoothed_labels(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_d.zero_grad()
        fake = account.made(game.generator(game.latents()))
        on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
        on_fake = account.fake(game.discriminator(fake.detach()))
        loss_d = toward(on_real, 0.9) + toward(on_fake, 0.1)
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update()
        game.optimizer_g.zero_grad()
        loss_g = toward(account.judged(game.discriminator(fake)), 1.0)
        loss_g.backward()
        game.optimizer_g.step()
        account.g_update(loss_g)
        account.log(loss_d=loss_d, loss_g=loss_g)


@shape("noisy targets outside [0, 1], on logits: the loss has no lower bound")
def noisy_labels(game: Game, account: Account) -> None:
    for _ in range(game.steps):
        game.optimizer_d.zero_grad()
        fake = account.made(game.generator(game.latents()))
        on_real = account.real(game.discriminator(account.drawn(next(game.batches))))
        on_fake = account.fake(game.discriminator(fake.detach()))
        targets = 1 + 0.1 * torch.rand_like(on_real), -0.1 * torch.rand_like(on_fake)
        loss_d = F.binary_cross_entropy_with_logits(on_real, targets[0])
        loss_d = (loss_d + F.binary_cross_entropy_with_logits(on_fake, targets[1])) / 2
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update()
        loss_g = plain_g(game, account, fake)
        account.log(loss_d=loss_d, loss_g=loss_g)


def _small(batch: int) -> Game:
    game = networks(batch=batch, normalise=False)
    # Long enough for some captures, which pool batches.
    game.steps = max(game.steps, 160 // batch)
    return game


for _batch in (1, 2, 4, 8):
    _build = functools.partial(_small, _batch)
    shape("a capture pools several batches", name=f"batches of {_batch}", build=_build, options={"real": REFERENCE})(
        plain
    )
shape("two probes, one after another, on the same networks", name="watched twice", turns=2)(plain)
