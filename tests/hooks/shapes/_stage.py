"""Two tiny networks, their optimizers and a small set of real data, all from one seed; and the registry of shapes."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

LATENT = 4
ROWS = 128


@dataclass
class Game:
    """What a training script holds."""

    generator: nn.Module
    discriminator: nn.Module
    optimizer_g: torch.optim.Optimizer
    optimizer_d: torch.optim.Optimizer
    batches: Iterator[Tensor]
    batch: int = 16
    steps: int = 60
    others: dict[str, Any] = field(default_factory=dict)
    """Further networks and optimizers, by name."""

    def latents(self) -> Tensor:
        return torch.randn(self.batch, LATENT)

    @property
    def modules(self) -> list[nn.Module]:
        return [m for m in (self.generator, self.discriminator, *self.others.values()) if isinstance(m, nn.Module)]

    @property
    def optimizers(self) -> list[torch.optim.Optimizer]:
        known = (self.optimizer_g, self.optimizer_d, *self.others.values())
        return [o for o in known if isinstance(o, torch.optim.Optimizer)]


Pair = tuple[nn.Module, nn.Module | None]


def the_two_networks(game: Game) -> list[Pair]:
    return [(game.generator, game.discriminator)]


@dataclass(frozen=True)
class Shape:
    """A training loop in a shape that people write, and what is to be known of it."""

    name: str
    special: str
    loop: Callable[..., None]
    """Takes the game, and one account for each attached pair."""
    group: str
    build: Callable[[], Game]
    attached: Callable[[Game], list[Pair]] = the_two_networks
    """What is given to `attach`, one entry a probe."""
    needs: str = ""
    """What the user must give beyond the two networks, in words."""
    options: dict[str, Any] = field(default_factory=dict)
    orientation: int = 1
    edge: bool = True
    """Whether the edge is defined: it takes more than one score of each side."""
    turns: int = 1
    """How often it is watched, one probe after another."""
    compiles: bool = False


SHAPES: dict[str, Shape] = {}


def shape(special: str, **settings: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a loop under its function's name, which reads as words; `name` where it has several variants."""

    def register(loop: Callable[..., None]) -> Callable[..., None]:
        inner = loop.func if isinstance(loop, functools.partial) else loop
        given = {"name": inner.__name__.replace("_", " "), "build": networks} | settings
        if given["name"] in SHAPES:
            raise ValueError(f"there are two shapes named {given['name']!r}")
        group = inner.__module__.rpartition(".")[2]
        SHAPES[given["name"]] = Shape(special=special, loop=loop, group=group, **given)
        return loop

    return register


def networks(
    *, sigmoid: bool = False, batch: int = 16, normalise: bool = True, dropout: bool = True, rate: float = 1e-3
) -> Game:
    """A game on a circle of real data."""
    generator = nn.Sequential(
        nn.Linear(LATENT, 16), nn.BatchNorm1d(16) if normalise else nn.Tanh(), nn.ReLU(), nn.Linear(16, 2)
    )
    layers: list[nn.Module] = [nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1)]
    if dropout:
        layers.insert(2, nn.Dropout(0.1))
    discriminator = nn.Sequential(*layers, *([nn.Sigmoid()] if sigmoid else []))
    return game_of(generator, discriminator, batch=batch, rate=rate)


def probabilities() -> Game:
    """The usual game, with a sigmoid at D's end."""
    return networks(sigmoid=True)


def game_of(
    generator: nn.Module, discriminator: nn.Module, *, batch: int = 16, rate: float = 1e-3, **others: Any
) -> Game:
    """Optimizers and data for these two networks."""
    return Game(
        generator,
        discriminator,
        adam(generator, rate=rate),
        adam(discriminator, rate=rate),
        circle(batch),
        batch=batch,
        others=others,
    )


def adam(*modules: nn.Module, rate: float = 1e-3) -> torch.optim.Optimizer:
    return torch.optim.Adam([p for m in modules for p in m.parameters()], rate, betas=(0.5, 0.999))


def circle(batch: int, *, radius: float = 1.0, centre: float = 0.0) -> Iterator[Tensor]:
    """Batches of a small data set that comes round again each epoch, as data sets do."""
    source = torch.Generator().manual_seed(1000)
    angles = 2 * torch.pi * torch.rand(ROWS, generator=source)
    data = centre + radius * torch.stack([angles.cos(), angles.sin()], dim=1)
    while True:
        yield from data[torch.randperm(ROWS, generator=source)].split(batch)
