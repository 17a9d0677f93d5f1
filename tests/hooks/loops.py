"""One plain loop, short, for tests of what surrounds it; `shapes` holds the others."""

from collections.abc import Callable

import torch

from .shapes import Game
from .shapes._account import Account
from .shapes._stage import networks
from .shapes.classics import dcgan as dcgan_shape

STEPS = 24
BATCH = 32


def players(*, sigmoid: bool, seed: int = 0) -> Game:
    """Two networks, their optimizers and real data, from one seed."""
    torch.manual_seed(seed)
    game = networks(sigmoid=sigmoid, batch=BATCH)
    game.steps = STEPS
    return game


def dcgan(game: Game, log: Callable[..., None] = lambda **scalars: None) -> Account:
    """Train as the DCGAN example does, hand its losses to `log`, and return what happened."""
    account = Account(orientation=1)
    account.send = log
    dcgan_shape(game, account)
    return account
