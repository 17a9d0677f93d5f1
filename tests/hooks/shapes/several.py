"""More than two networks: two pairs with one optimizer for both generators, an encoder, a generator in two halves."""

import itertools
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ._account import Account
from ._stage import LATENT, Game, Pair, adam, circle, game_of, networks, shape
from .classics import plain_d, plain_g


def _translator() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))


def _two_pairs() -> Game:
    to_b, to_a = _translator(), _translator()
    judge_b, judge_a = networks(dropout=False).discriminator, networks(dropout=False).discriminator
    game = game_of(to_b, judge_b, to_a=to_a, judge_a=judge_a, optimizer_judge_a=adam(judge_a))
    game.optimizer_g = torch.optim.Adam(itertools.chain(to_b.parameters(), to_a.parameters()), 1e-3)
    game.batches = zip(circle(16), circle(16, radius=2.0, centre=1.0), strict=True)  # type: ignore[assignment]
    return game


def _pairs(game: Game) -> list[Pair]:
    return [(game.generator, game.discriminator), (game.others["to_a"], game.others["judge_a"])]


@shape(
    "CycleGAN: two pairs, one optimizer for both generators, cycle and identity losses, buffers of old fakes",
    build=_two_pairs,
    attached=_pairs,
    needs="one `attach` a pair",
)
def cycle(game: Game, of_b: Account, of_a: Account) -> None:
    to_b, to_a = game.generator, game.others["to_a"]
    judges = {
        of_b: (game.discriminator, game.optimizer_d),
        of_a: (game.others["judge_a"], game.others["optimizer_judge_a"]),
    }
    kept: dict[Account, list[Tensor]] = {of_b: [], of_a: []}
    for _ in range(game.steps):
        real_a, real_b = next(game.batches)
        reals = {of_b: of_b.drawn(real_b), of_a: of_a.drawn(real_a)}
        game.optimizer_g.zero_grad()
        identity = (to_b(real_b) - real_b).abs().mean() + (to_a(real_a) - real_a).abs().mean()
        fakes = {of_b: of_b.made(to_b(real_a)), of_a: of_a.made(to_a(real_b))}
        adversarial = torch.zeros(())
        for account, (judge, _) in judges.items():
            adversarial = adversarial + (account.judged(judge(fakes[account])) - 1).square().mean()
        back = (to_a(fakes[of_b]) - real_a).abs().mean() + (to_b(fakes[of_a]) - real_b).abs().mean()
        loss_g = adversarial + 10 * back + 5 * identity
        loss_g.backward()
        game.optimizer_g.step()
        for account in judges:
            account.g_update()
        for account, (judge, optimizer) in judges.items():
            optimizer.zero_grad()
            on_real = account.real(judge(reals[account]))
            on_fake = account.fake(judge(_older(kept[account], fakes[account])))
            loss_d = 0.5 * ((on_real - 1).square().mean() + on_fake.square().mean())
            loss_d.backward()
            optimizer.step()
            account.d_update()
            account.log(loss_d=loss_d, loss_g=loss_g)


def _older(kept: list[Tensor], batch: Tensor) -> Tensor:
    """The batch, or, half of the time, one of the last ten."""
    kept.append(batch.detach().clone())
    del kept[:-10]
    return kept[int(torch.randint(len(kept), ()))] if torch.rand(()) < 0.5 else kept[-1]


def _with_encoder() -> Game:
    encoder = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2 * LATENT))
    game = networks()
    game.others = {"encoder": encoder, "optimizer_e": adam(encoder)}
    return game


@shape(
    "VAE-GAN: an encoder with its own optimizer; reconstructions and samples are both judged",
    name="VAE-GAN",
    build=_with_encoder,
)
def encoder_too(game: Game, account: Account) -> None:
    encoder, optimizer_e = game.others["encoder"], game.others["optimizer_e"]
    for _ in range(game.steps):
        real = account.drawn(next(game.batches))
        mean, log_variance = encoder(real).chunk(2, dim=1)
        code = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        rebuilt, sampled = (account.made(game.generator(z)) for z in (code, game.latents()))
        game.optimizer_d.zero_grad()
        on_real = account.real(game.discriminator(real))
        on_fakes = [account.fake(game.discriminator(fake.detach())) for fake in (rebuilt, sampled)]
        loss_d = 2 * F.softplus(-on_real).mean() + sum(F.softplus(scores).mean() for scores in on_fakes)
        loss_d.backward()
        game.optimizer_d.step()
        account.d_update(loss_d / 2)
        judged = [account.judged(game.discriminator(fake)) for fake in (rebuilt, sampled)]
        adversarial = F.softplus(-torch.cat(judged)).mean()
        distance = F.mse_loss(rebuilt, real)
        divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).mean()
        optimizer_e.zero_grad()
        (divergence + distance).backward(retain_graph=True, inputs=list(encoder.parameters()))
        game.optimizer_g.zero_grad()
        (distance + adversarial).backward(inputs=list(game.generator.parameters()))
        optimizer_e.step()
        game.optimizer_g.step()
        account.g_update(adversarial)
        account.log(loss_d=loss_d, loss_g=adversarial)


class Styled(nn.Module):
    """A generator in two halves; scripts call the halves and never the whole."""

    def __init__(self) -> None:
        super().__init__()
        self.mapping = nn.Sequential(nn.Linear(LATENT, 8), nn.LeakyReLU(0.2))
        self.synthesis = nn.Sequential(nn.Linear(8, 16), nn.LeakyReLU(0.2), nn.Linear(16, 2))

    def forward(self, latents: Tensor) -> Tensor:
        made: Tensor = self.synthesis(self.mapping(latents))
        return made


def _styled() -> Game:
    return game_of(Styled(), networks().discriminator)


def _halves(game: Game, account: Account) -> None:
    generator: Any = game.generator
    for _ in range(game.steps):
        game.generator.requires_grad_(False)
        styles = generator.mapping(game.latents())
        # Style mixing: the second half of the batch has other styles.
        styles = torch.cat([styles[:8], generator.mapping(game.latents())[8:]])
        loss_d = plain_d(game, account, account.made(generator.synthesis(styles)))
        game.generator.requires_grad_(True)
        game.discriminator.requires_grad_(False)
        loss_g = plain_g(game, account, account.made(generator.synthesis(generator.mapping(game.latents()))))
        game.discriminator.requires_grad_(True)
        account.log(loss_d=loss_d, loss_g=loss_g)


shape("StyleGAN: only `G.mapping` and `G.synthesis` are called; attach(G, D)", name="halves of G", build=_styled)(
    _halves
)
shape(
    "the same, with what makes the samples given to `attach`",
    name="halves of G, synthesis",
    build=_styled,
    attached=lambda game: [(game.generator.synthesis, game.discriminator)],
    needs="`attach(G.synthesis, D)`",
)(_halves)
