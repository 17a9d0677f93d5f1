"""Numbers beyond all bounds, and updates that are not one each way: what is recorded of them is right."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import collapse_probe as cp

from .shapes._stage import LATENT, adam, game_of, networks
from .test_unusual_loops import calls_in, train_step


def test_infinite_scores_of_both_signs_are_recorded_without_a_warning(tmp_path: Path) -> None:
    game = networks(dropout=False)
    beyond = torch.zeros(game.batch, 1)
    game.discriminator[-1].register_forward_hook(lambda module, args, out: out + beyond)  # type: ignore[index]
    with cp.attach(game.generator, game.discriminator, run=tmp_path / "run") as probe:
        for _ in range(20):
            train_step(game, game.discriminator, lambda: game.generator(game.latents()))
        beyond.copy_(torch.tensor([[torch.inf], [-torch.inf]]).repeat(game.batch // 2, 1))
        train_step(game, game.discriminator, lambda: game.generator(game.latents()))
    assert probe.error is None
    assert cp.load(tmp_path / "run").steps["d_real"].isna().tolist() == [False] * 20 + [True]


def test_gradient_norms_that_no_float32_holds_are_recorded_as_they_are(tmp_path: Path) -> None:
    game = game_of(nn.Linear(LATENT, 2).double(), nn.Linear(2, 1).double())
    with cp.attach(game.generator, game.discriminator, run=tmp_path / "run") as probe:
        game.optimizer_g.zero_grad()
        (1e100 * game.discriminator(game.generator(game.latents().double()))).mean().backward()
        norm = torch.nn.utils.get_total_norm([p.grad for p in game.generator.parameters() if p.grad is not None])
        game.optimizer_g.step()
    assert probe.error is None
    assert cp.load(tmp_path / "run").steps["grad_norm_g"][0] == pytest.approx(norm.item())


class _Dated(nn.Module):
    """A generator whose samples say when they were made."""

    def __init__(self) -> None:
        super().__init__()
        self.main, self.iteration = nn.Linear(LATENT, 2), 0

    def forward(self, latents: Tensor) -> Tensor:
        samples: Tensor = self.main(latents)
        return torch.cat([0 * samples[:, :1] + self.iteration, samples[:, 1:]], dim=1)


def test_a_capture_holds_no_older_samples_where_some_updates_of_the_generator_make_none(tmp_path: Path) -> None:
    generator = _Dated()
    game = game_of(generator, networks().discriminator)
    with cp.attach(generator, game.discriminator, run=tmp_path / "run", every=100, sample_size=64):
        for _ in range(100):
            train_step(game, game.discriminator, lambda: generator(game.latents()))
            for _ in range(2):
                game.optimizer_g.zero_grad()
                generator(game.latents()).square().sum().backward()
                game.optimizer_g.step()
            generator.iteration += 1
    run = cp.load(tmp_path / "run")
    assert len(run.batches) == 3
    for step in run.batches:
        dates = run.batch(step)[:, 0]
        assert sorted(set(dates)) == [step // 3 - back for back in (3, 2, 1, 0)]


def test_one_optimizer_for_both_networks_whose_gradients_are_zeroed_and_not_removed(tmp_path: Path) -> None:
    game = networks(dropout=False)
    optimizer = adam(game.generator, game.discriminator)
    with cp.attach(game.generator, game.discriminator, run=tmp_path / "run") as probe:
        for _ in range(20):
            optimizer.zero_grad(set_to_none=False)
            fake = game.generator(game.latents()).detach()
            F.softplus(-game.discriminator(next(game.batches))).mean().backward()
            F.softplus(game.discriminator(fake)).mean().backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=False)
            F.softplus(-game.discriminator(game.generator(game.latents()))).mean().backward()
            optimizer.step()
    assert probe.error is None
    steps = cp.load(tmp_path / "run").steps
    assert len(steps) == 20
    assert steps["edge"].notna().all()
    assert calls_in(tmp_path / "run") == {"generator fake": 20, "real": 20, "fake": 20}
