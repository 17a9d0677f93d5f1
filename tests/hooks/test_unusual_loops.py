"""Networks and loops that few people write, and that are right: what is recorded of them is right too."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import collapse_probe as cp

from .loops import STEPS, dcgan, players
from .shapes import Game
from .shapes._stage import LATENT, adam, game_of, networks

CLASSES = 5


class _Conditional(nn.Module):
    """Takes labels and, behind them, latents or samples."""

    def __init__(self, columns: int, out: int, embed: nn.Module) -> None:
        super().__init__()
        self.embed = embed
        self.main = nn.Sequential(nn.Linear(columns + CLASSES, 16), nn.LeakyReLU(0.2), nn.Linear(16, out))

    def forward(self, labels: Tensor, rows: Tensor) -> Tensor:
        out: Tensor = self.main(torch.cat([rows, self.embed(labels)], dim=1))
        return out


class _Whole(nn.Module):
    """Owns both networks, and is the generator."""

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.generator, self.discriminator = game.generator, game.discriminator

    def forward(self, latents: Tensor) -> Tensor:
        samples: Tensor = self.generator(latents)
        return samples


def train_step(game: Game, scores_of: Callable[[Tensor], Tensor], generate: Callable[[], Tensor]) -> None:
    real = next(game.batches)
    game.optimizer_d.zero_grad()
    F.softplus(-scores_of(real)).mean().backward()
    fake = generate()
    F.softplus(scores_of(fake.detach())).mean().backward()
    game.optimizer_d.step()
    game.optimizer_g.zero_grad()
    F.softplus(-scores_of(fake)).mean().backward()
    game.optimizer_g.step()


def _conditional(game: Game, labels: Callable[[], Tensor]) -> None:
    def generate() -> Tensor:
        samples: Tensor = game.generator(labels(), game.latents())
        return samples

    for _ in range(STEPS):
        train_step(game, lambda rows: game.discriminator(labels(), rows), generate)


def calls_in(run: Path) -> dict[str, int]:
    calls: dict[str, int] = cp.load(run).info["loop"]["calls"]
    return calls


def test_an_embedding_that_both_networks_share_does_not_make_the_discriminators_updates_the_generators(
    tmp_path: Path,
) -> None:
    embed = nn.Embedding(CLASSES, CLASSES)
    game = game_of(_Conditional(LATENT, 2, embed), _Conditional(2, 1, embed))
    with cp.attach(game.generator, game.discriminator, run=tmp_path / "run") as probe:
        _conditional(game, lambda: torch.randint(CLASSES, (game.batch,)))
    assert probe.error is None
    assert len(cp.load(tmp_path / "run").steps) == STEPS
    assert calls_in(tmp_path / "run") == {"generator fake": STEPS, "real": STEPS, "fake": STEPS}


def test_one_hot_labels_before_the_first_real_samples_are_not_taken_for_real_samples(tmp_path: Path) -> None:
    game = game_of(_Conditional(LATENT, 2, nn.Identity()), _Conditional(2, 1, nn.Identity()), batch=32)
    with cp.attach(game.generator, game.discriminator, run=tmp_path / "run") as probe:
        for _ in range(12):
            _conditional(game, lambda: F.one_hot(torch.randint(CLASSES, (game.batch,)), CLASSES).float())
    assert probe.error is None
    reference = cp.load(tmp_path / "run").reference
    assert reference is not None
    np.testing.assert_allclose(np.linalg.norm(reference, axis=1), 1.0, rtol=1e-5)


def test_a_module_that_owns_both_networks_may_be_given_as_the_generator(tmp_path: Path) -> None:
    game = players(sigmoid=True)
    whole = _Whole(game)
    with cp.attach(whole, game.discriminator, run=tmp_path / "run") as probe:
        game.generator = whole
        dcgan(game)
    assert probe.error is None
    steps = cp.load(tmp_path / "run").steps
    assert len(steps) == STEPS
    assert steps[["edge", "grad_norm_d", "grad_norm_g"]].notna().all(axis=None)


def test_parameters_that_a_checkpoint_put_in_the_place_of_the_old_ones_are_the_networks_too(tmp_path: Path) -> None:
    game = players(sigmoid=True)
    with cp.attach(game.generator, game.discriminator, run=tmp_path / "run"):
        dcgan(game)
        for module in (game.generator, game.discriminator):
            module.load_state_dict({n: t.clone() for n, t in module.state_dict().items()}, assign=True)
        game.optimizer_g, game.optimizer_d = adam(game.generator), adam(game.discriminator)
        dcgan(game)
    steps = cp.load(tmp_path / "run").steps
    assert len(steps) == 2 * STEPS
    assert steps[["edge", "grad_norm_d", "grad_norm_g"]].notna().all(axis=None)


def test_both_losses_may_be_computed_before_either_update(tmp_path: Path) -> None:
    game, judged = players(sigmoid=False), []
    with cp.attach(game.generator, game.discriminator, run=tmp_path / "run") as probe:
        for _ in range(60):
            fake = game.generator(game.latents())
            game.optimizer_d.zero_grad()
            game.optimizer_g.zero_grad()
            loss_d = F.softplus(-game.discriminator(next(game.batches))).mean()
            (loss_d + F.softplus(game.discriminator(fake.detach())).mean()).backward()
            game.discriminator.requires_grad_(False)
            loss_g = F.softplus(-game.discriminator(fake)).mean()
            loss_g.backward()
            game.discriminator.requires_grad_(True)
            game.optimizer_d.step()
            game.optimizer_g.step()
            judged.append(loss_g.item())
    assert probe.error is None
    assert calls_in(tmp_path / "run") == {"generator fake": 60, "real": 60, "fake": 60}
    # A loss of logits: the canonical one is the loop's own, once the kind of the scores is known.
    np.testing.assert_allclose(cp.load(tmp_path / "run").steps["canonical_loss_g"][8:], judged[8:], rtol=1e-5)


def test_scores_that_the_loop_writes_over_from_some_step_on_are_lost_for_one_step_alone(tmp_path: Path) -> None:
    game = networks(dropout=False)
    with cp.attach(game.generator, game.discriminator, run=tmp_path / "run") as probe:
        for index in range(40):
            shift = 0.5 * (index >= 20)
            train_step(
                game,
                lambda rows, shift=shift: game.discriminator(rows).sub_(shift) if shift else game.discriminator(rows),
                lambda: game.generator(game.latents()),
            )
    assert probe.error is None
    missing = cp.load(tmp_path / "run").steps["d_real"].isna()
    assert missing[missing].index.tolist() == [20]


def test_a_discriminator_that_is_trained_alone_at_first_leaves_every_call_of_the_generator_counted_once(
    tmp_path: Path,
) -> None:
    game = players(sigmoid=True)
    layers = list(game.generator)  # type: ignore[call-overload]
    with cp.attach(game.generator, game.discriminator, run=tmp_path / "run", sample_size=32) as probe:
        for _ in range(3):
            game.optimizer_d.zero_grad()
            F.softplus(-game.discriminator(next(game.batches))).mean().backward()
            game.optimizer_d.step()
        dcgan(game)
        assert not any("forward" in vars(layer) for layer in layers)
    assert probe.error is None
    assert calls_in(tmp_path / "run")["generator fake"] == STEPS


def test_an_empty_batch_is_no_batch_where_the_scores_are_picked(tmp_path: Path) -> None:
    game = players(sigmoid=True)
    with cp.attach(game.generator, game.discriminator, run=tmp_path / "run", score=lambda out: 2.0 * out) as probe:
        game.discriminator(torch.zeros(0, 2)).sum().backward()
        dcgan(game)
    assert probe.error is None
    assert calls_in(tmp_path / "run")["real"] == STEPS


def test_threads_that_draw_samples_meanwhile_disturb_nothing(tmp_path: Path) -> None:
    game, done = networks(sigmoid=True, normalise=False), threading.Event()

    def draw() -> None:
        while not done.is_set():
            with torch.no_grad():
                game.generator(torch.zeros(4, LATENT))

    interval, threads = sys.getswitchinterval(), [threading.Thread(target=draw) for _ in range(2)]
    with cp.attach(game.generator, game.discriminator, run=tmp_path / "run") as probe:
        sys.setswitchinterval(1e-6)
        for thread in threads:
            thread.start()
        try:
            for _ in range(5):
                dcgan(game)
        finally:
            done.set()
            sys.setswitchinterval(interval)
            for thread in threads:
                thread.join()
    assert probe.error is None
    assert len(cp.load(tmp_path / "run").steps) == 5 * game.steps
