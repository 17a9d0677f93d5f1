"""What scripts do beside training: averages of weights, files in mid-run, sheets, a checkpoint taken up again."""

import copy
import io
import pickle

import torch

from ._account import Account
from ._stage import LATENT, Game, shape
from .classics import plain_d, plain_g


@shape("a moving average of G by `copy.deepcopy`, from which samples are drawn")
def moving_average(game: Game, account: Account) -> None:
    average = copy.deepcopy(game.generator).eval().requires_grad_(False)
    for index in range(game.steps):
        fake = account.made(game.generator(game.latents()))
        loss_d = plain_d(game, account, fake)
        loss_g = plain_g(game, account, fake)
        account.log(loss_d=loss_d, loss_g=loss_g)
        with torch.no_grad():
            for ours, theirs in zip(average.parameters(), game.generator.parameters(), strict=True):
                ours.lerp_(theirs, 0.1)
        if index % 7 == 0:
            average(game.latents())
            average = copy.deepcopy(average)
            # Some take a fresh copy of the generator itself, in training mode, and judge what it makes.
            game.discriminator(copy.deepcopy(game.generator)(game.latents()).detach())
            account.looked()


@shape("`torch.save` and `pickle` of whole networks in mid-run, and samples of what was loaded")
def saved_whole(game: Game, account: Account) -> None:
    for index in range(game.steps):
        fake = account.made(game.generator(game.latents()))
        loss_d = plain_d(game, account, fake)
        loss_g = plain_g(game, account, fake)
        account.log(loss_d=loss_d, loss_g=loss_g)
        if index % 20 == 5:
            file = io.BytesIO()
            torch.save({"G": game.generator, "D": game.discriminator, "optimizer": game.optimizer_g}, file)
            file.seek(0)
            loaded = torch.load(file, weights_only=False)
            loaded["D"](loaded["G"](game.latents()))
            pickle.loads(pickle.dumps(game.generator))(game.latents()).sum().backward()


@shape("a sheet from the same latents, without gradients, at every tenth step")
def fixed_sheet(game: Game, account: Account) -> None:
    latents = torch.randn(64, LATENT)
    for index in range(game.steps):
        fake = account.made(game.generator(game.latents()))
        loss_d = plain_d(game, account, fake)
        loss_g = plain_g(game, account, fake)
        account.log(loss_d=loss_d, loss_g=loss_g)
        if index % 10 == 0:
            game.generator.eval()
            with torch.no_grad():
                game.generator(latents)
            game.generator.train()


@shape("a checkpoint of networks and optimizers, restored in mid-run")
def restored(game: Game, account: Account) -> None:
    held = (game.generator, game.discriminator, game.optimizer_g, game.optimizer_d)
    for index in range(game.steps):
        fake = account.made(game.generator(game.latents()))
        loss_d = plain_d(game, account, fake)
        loss_g = plain_g(game, account, fake)
        account.log(loss_d=loss_d, loss_g=loss_g)
        if index == game.steps // 3:
            checkpoint = copy.deepcopy([one.state_dict() for one in held])
        if index == game.steps // 2:
            for one, saved in zip(held, checkpoint, strict=True):
                one.load_state_dict(saved)
