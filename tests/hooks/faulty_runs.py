"""Short trainings that between them come through every boundary of the package, and what is to be known of them."""

import math
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import optimizer as torch_optimizer

import collapse_probe as cp
from collapse_probe.errors import CollapseProbeWarning

from .shapes import Game
from .shapes._stage import LATENT, game_of
from .shapes.conditional import CLASSES, ToldDiscriminator, ToldGenerator

STEPS, BROKEN_AT = 24, 15
SURELY_STORED = 5
"""Steps that are on the disk before anything fails, at step 8; but for loops that fail at their first step."""
REAL = cp.toy.ring(CLASSES, seed=1).sample(384), torch.arange(384) % CLASSES
UNSEEN = cp.toy.ring(CLASSES, seed=2).sample(40)
Train = Callable[[Game, cp.Probe | None, Callable[[], None]], None]


class Halves(nn.Module):
    """A generator that is only ever called by its halves."""

    def __init__(self) -> None:
        super().__init__()
        self.mapping = nn.Linear(LATENT, 8)
        self.synthesis = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))


def conditional(game: Game, probe: cp.Probe | None, arm: Callable[[], None]) -> None:
    """Least squares, samples of a class, and a sheet of the same latents at every third step."""
    fixed = torch.randn(8, LATENT), torch.arange(8) % CLASSES
    for step in range(STEPS):
        if step == 8:
            arm()
        labels = torch.randint(CLASSES, (game.batch,))
        fake = game.generator(game.latents(), labels)
        game.optimizer_d.zero_grad()
        on_real = game.discriminator(next(game.batches), labels)
        ((on_real - 1).square().mean() + game.discriminator(fake.detach(), labels).square().mean()).backward()
        game.optimizer_d.step()
        game.optimizer_g.zero_grad()
        (game.discriminator(fake, labels) - 1).square().mean().backward()
        game.optimizer_g.step()
        _tell(probe, step)
        if step % 3 == 0:
            with torch.no_grad():
                game.generator(*fixed)


def halves(game: Game, probe: cp.Probe | None, arm: Callable[[], None]) -> None:
    """The generator's own forward is never called; whatever fails does so at the first step."""
    for step in range(STEPS):
        if step == 0:
            arm()
        fake = game.generator.synthesis(game.generator.mapping(game.latents()))  # type: ignore[operator,union-attr]
        for optimizer, batch, sign in ((game.optimizer_d, fake.detach(), 1), (game.optimizer_g, fake, -1)):
            optimizer.zero_grad()
            (sign * game.discriminator(batch)).mean().backward()
            optimizer.step()
        _tell(probe, step)


def _tell(probe: cp.Probe | None, step: int) -> None:
    if probe is not None:
        probe.log(loss_d=step / 2, loss_g=math.nan if step >= BROKEN_AT else 1.0)
        until = time.monotonic() + (10.0 if step == BROKEN_AT + 6 else 0.0)
        while not probe.should_stop and probe.error is None and time.monotonic() < until:
            time.sleep(0.001)


@dataclass(frozen=True)
class Scenario:
    """A training, and what the probe is asked to do beside it."""

    train: Train
    build: Callable[[], Game]
    options: Callable[[Path], dict[str, Any]]
    stored: int = SURELY_STORED
    """Steps that are on the disk when something fails."""


def _told() -> Game:
    return game_of(ToldGenerator(), ToldDiscriminator(), batch=32)


def _style() -> Game:
    return game_of(Halves(), nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1)))


def _usual(folder: Path) -> dict[str, Any]:
    return {"every": 1, "sample_size": 32, "disk_limit": 4000, "on_event": lambda event: None} | {
        "modes": cp.toy.ring(CLASSES),
        "total_steps": 100,
    }


def _with_sheets(folder: Path) -> dict[str, Any]:
    return _usual(folder) | {"labels": "labels", "score": lambda out: out * 2.0}


def _with_latents(folder: Path) -> dict[str, Any]:
    kept = {"labels": "labels", "real": REAL, "keep_best": folder / "best.safetensors", "every": 2}
    return _usual(folder) | kept | {"fixed_latents": (torch.randn(8, LATENT), torch.arange(8) % CLASSES)}


SCENARIOS = {
    "sheets": Scenario(conditional, _told, _with_sheets),
    "latents": Scenario(conditional, _told, _with_latents),
    "halves": Scenario(halves, _style, lambda folder: _usual(folder) | {"real": REAL[0], "held_out": UNSEEN}, stored=0),
}


def state_of(game: Game) -> list[Any]:
    """Weights, buffers, the optimizers' state and the random states."""
    numbers: list[Any] = [value for module in game.modules for value in module.state_dict().values()]
    for optimizer in game.optimizers:
        numbers += [value for state in optimizer.state_dict()["state"].values() for value in state.values()]
    numpy_state: Any = np.random.get_state()
    # Python's own is left out: the checker of annotations, which is on in tests alone, draws from it.
    return [*numbers, torch.get_rng_state(), torch.from_numpy(numpy_state[1].astype(np.int64)), numpy_state[2]]


def same(a: list[Any], b: list[Any]) -> bool:
    """Bit for bit."""
    return len(a) == len(b) and all(
        torch.equal(x, y) if isinstance(x, Tensor) else x == y for x, y in zip(a, b, strict=True)
    )


def seed() -> None:
    np.random.seed(0)
    torch.manual_seed(0)


def trained_alone(name: str) -> list[Any]:
    """What a training comes to without the probe."""
    seed()
    game = SCENARIOS[name].build()
    SCENARIOS[name].train(game, None, lambda: None)
    return state_of(game)


@dataclass
class Outcome:
    """What became of a training that was watched."""

    state: list[Any]
    error: str
    warned: list[str]


def hooks() -> list[Any]:
    """The optimizers' global hooks, and our threads."""
    ours = [thread.name for thread in threading.enumerate() if thread.name.startswith("collapse_probe")]
    before, after = torch_optimizer._global_optimizer_pre_hooks, torch_optimizer._global_optimizer_post_hooks
    return [dict(before), dict(after), ours]


def watched(name: str, folder: Path, arm: Callable[[], None], *, as_errors: bool = False) -> Outcome:
    """Train with a probe; where something is to fail `arm` is called."""
    scenario = SCENARIOS[name]

    def armed() -> None:
        until = time.monotonic() + 20
        while len(cp.load(folder / "run").steps) < scenario.stored and time.monotonic() < until:
            time.sleep(0.01)
        arm()

    seed()
    game = scenario.build()
    before = hooks()
    with warnings.catch_warnings(record=not as_errors) as caught:
        warnings.simplefilter("error" if as_errors else "always")
        random_state = torch.get_rng_state()
        options = scenario.options(folder)
        torch.set_rng_state(random_state)
        with cp.attach(game.generator, game.discriminator, run=folder / "run", **options) as probe:
            scenario.train(game, probe, armed)
    assert hooks() == before
    assert not any("forward" in vars(part) for module in game.modules for part in module.modules())
    warned = [str(each.message) for each in caught or [] if issubclass(each.category, CollapseProbeWarning)]
    assert len(warned) == len(caught or [])
    return Outcome(state_of(game), str(probe.error), warned)


def by_hand(probe: cp.Probe, arm: Callable[[], None]) -> None:
    """Better and better samples, from step 5 on anew from step 3, and then losses that are NaN."""
    for turn in range(14):
        if turn == 5:
            arm()
        spread = min(1.0, 0.1 + turn / 10)
        probe.step(
            loss_d=turn / 2,
            loss_g=math.nan if turn > 9 else 1.0,
            d_real=torch.linspace(0, 1, 16),
            d_fake=torch.linspace(-1, 0.5, 16),
            fake=REAL[0][turn : turn + 64] * spread,
            real=REAL[0],
            labels=REAL[1][turn : turn + 64],
            step=3 if turn == 5 else None,
        )
