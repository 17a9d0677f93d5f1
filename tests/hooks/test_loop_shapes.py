"""Loops that are unusual and right: each is understood, or named in one warning."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import collapse_probe as cp
from collapse_probe._recorder import thin
from collapse_probe._recorder._call import ROWS_PER_CALL
from collapse_probe.errors import CollapseProbeWarning, LoopNotUnderstood

from .loops import BATCH, Account, Players, dcgan, players

REFERENCE = torch.randn(256, 2, generator=torch.Generator().manual_seed(7))


def _update_generator(p: Players, fake: Tensor) -> Tensor:
    p.optimizer_g.zero_grad()
    loss = F.softplus(-p.discriminator(fake)).mean()
    loss.backward()
    p.optimizer_g.step()
    return loss


def _loss_d(p: Players, fake: Tensor) -> Tensor:
    p.optimizer_d.zero_grad()
    real_scores, fake_scores = p.discriminator(next(p.batches)), p.discriminator(fake.detach())
    loss = F.softplus(-real_scores).mean() + F.softplus(fake_scores).mean()
    loss.backward()
    return loss


def test_calls_of_a_discriminator_that_steps_every_fourth_time_are_not_taken_for_the_generators(
    tmp_path: Path,
) -> None:
    p = players(sigmoid=False)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE) as probe:
        for index in range(16):
            fake = p.generator(p.latents())
            _loss_d(p, fake)
            if index % 4 == 0:
                p.optimizer_d.step()
            _update_generator(p, fake)
    assert probe.error is None
    run = cp.load(tmp_path / "run")
    assert run.info["loop"]["calls"] == {"real": 4, "fake": 4, "generator fake": 16}
    assert run.info["loop"]["orientation"] == 1
    assert run.steps["edge"].notna().tolist() == [True, False, False, False] * 4


def test_losses_stay_with_their_step_where_the_first_update_of_the_discriminator_was_skipped(tmp_path: Path) -> None:
    p, losses = players(sigmoid=False), []
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE) as probe:
        for index in range(6):
            fake = p.generator(p.latents())
            loss_d = _loss_d(p, fake)
            if index:  # A gradient scaler finds infinities at first, and leaves the update out.
                p.optimizer_d.step()
            probe.log(early=loss_d)
            _update_generator(p, fake)
            losses.append(loss_d.item())
            probe.log(loss_d=loss_d)
    steps = cp.load(tmp_path / "run").steps
    assert steps["early"].tolist() == steps["loss_d"].tolist() == losses


@pytest.mark.parametrize("where", ["before the update", "after it"])
def test_losses_of_a_generator_watched_alone_stay_with_their_step(where: str, tmp_path: Path) -> None:
    p, losses = players(sigmoid=False), []
    with cp.attach(p.generator, run=tmp_path / "run", real=REFERENCE) as probe:
        for _ in range(6):
            p.optimizer_g.zero_grad()
            loss = p.generator(p.latents()).square().mean()
            loss.backward()
            losses.append(loss.item())
            if where == "before the update":
                probe.log(loss_g=loss)
            p.optimizer_g.step()
            if where == "after it":
                probe.log(loss_g=loss)
    assert cp.load(tmp_path / "run").steps["loss_g"].tolist() == losses


def _critic_alone(p: Players) -> None:
    for _ in range(100):
        p.optimizer_d.zero_grad()
        (p.discriminator(p.generator(p.latents()).detach()).mean() - p.discriminator(next(p.batches)).mean()).backward()
        p.optimizer_d.step()


def _another_network(p: Players) -> None:
    encoder = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(encoder.parameters(), 0.1)
    for _ in range(60):
        optimizer.zero_grad()
        encoder(next(p.batches)).square().mean().backward()
        optimizer.step()


@pytest.mark.parametrize("first", [_critic_alone, _another_network])
@pytest.mark.parametrize("strict", [False, True])
def test_others_may_train_for_long_before_the_first_update_of_the_generator(
    first: Callable[[Players], None], strict: bool, tmp_path: Path
) -> None:
    p = players(sigmoid=False)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE, strict=strict) as probe:
        first(p)
        for _ in range(52):
            fake = p.generator(p.latents())
            _loss_d(p, fake)
            p.optimizer_d.step()
            _update_generator(p, fake)
        assert probe.error is None
    assert len(cp.load(tmp_path / "run").steps) == 52


@pytest.mark.parametrize("strict", [False, True])
def test_networks_given_in_the_wrong_order_are_asked_about_once(strict: bool, tmp_path: Path) -> None:
    p = players(sigmoid=True)
    probe = cp.attach(p.discriminator, p.generator, run=tmp_path / "run", real=REFERENCE, strict=strict)
    if strict:
        with pytest.raises(LoopNotUnderstood, match=r"is the order attach\(G, D\)\?"), probe:
            for _ in range(5):
                dcgan(p, Account(), probe.log)
        return
    with pytest.warns(CollapseProbeWarning) as caught, probe:
        for _ in range(5):
            dcgan(p, Account(), probe.log)
    asked = [str(w.message) for w in caught if "the order attach(G, D)?" in str(w.message)]
    assert len(asked) == 1
    assert "the order attach(G, D)?" in str(probe.error)


@pytest.mark.parametrize("batch", [32, 64, 128])
@pytest.mark.parametrize("fake_first", [True, False])
def test_one_call_on_fake_and_real_together_gives_a_reference_of_real_rows_alone(
    batch: int, fake_first: bool, tmp_path: Path
) -> None:
    p = players(sigmoid=False)
    data = [torch.randn(batch, 2) for _ in range(2)]
    real_rows = {row.numpy().tobytes() for part in data for row in part}
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", every=4, sample_size=64):
        for index in range(40):
            fake, real = p.generator(torch.randn(batch, 6)), data[index % 2]
            p.optimizer_d.zero_grad()
            scores = p.discriminator(torch.cat([fake.detach(), real] if fake_first else [real, fake.detach()]))
            of_fake, of_real = scores.split(batch) if fake_first else reversed(scores.split(batch))
            (F.softplus(of_fake).mean() + F.softplus(-of_real).mean()).backward()
            p.optimizer_d.step()
            _update_generator(p, fake)
    run = cp.load(tmp_path / "run")
    assert run.info["loop"]["calls"]["mixed"] == 40
    assert run.reference is not None
    assert {row.tobytes() for row in run.reference} <= real_rows


class _Growing(nn.Module):
    """Makes samples of one number more when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.width = nn.Linear(6, 3), 2

    def forward(self, latents: Tensor) -> Tensor:
        return self.layer(latents)[:, : self.width]


def test_a_generator_that_grows_is_named_once_with_both_shapes_and_captured_no_more(tmp_path: Path) -> None:
    generator = _Growing()
    optimizer = torch.optim.SGD(generator.parameters(), 0.1)
    with pytest.warns(CollapseProbeWarning, match=r"changed to shape \(3,\) after \(2,\)") as caught:
        with cp.attach(generator, run=tmp_path / "run", real=REFERENCE, every=1, sample_size=BATCH):
            for index in range(10):
                generator.width = 2 + (index >= 4)
                optimizer.zero_grad()
                generator(torch.randn(BATCH, 6)).square().mean().backward()
                optimizer.step()
    assert len(caught) == 1
    run = cp.load(tmp_path / "run")
    assert run.batches == [0, 1, 2, 3]
    assert len(run.steps) == 10


def test_canonical_losses_are_the_loops_own_where_the_discriminator_gives_the_probability_of_fake(
    tmp_path: Path,
) -> None:
    p, account = players(sigmoid=True), Account()
    fakes, reals = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE):
        for _ in range(12):
            p.optimizer_d.zero_grad()
            fake = p.generator(p.latents())
            scores = p.discriminator(next(p.batches)), p.discriminator(fake.detach())
            loss_d = F.binary_cross_entropy(scores[0], reals) + F.binary_cross_entropy(scores[1], fakes)
            loss_d.backward()
            p.optimizer_d.step()
            p.optimizer_g.zero_grad()
            loss_g = F.binary_cross_entropy(p.discriminator(fake), reals)
            loss_g.backward()
            p.optimizer_g.step()
            account.loss_d.append(loss_d.item())
            account.loss_g.append(loss_g.item())
    run = cp.load(tmp_path / "run")
    assert run.info["loop"]["orientation"] == -1
    np.testing.assert_allclose(run.steps["canonical_loss_d"], account.loss_d, rtol=1e-5)
    np.testing.assert_allclose(run.steps["canonical_loss_g"], account.loss_g, rtol=1e-5)


@pytest.mark.parametrize("rows", [2, 256, 258, 400, 512, 1000, 5000])
def test_both_halves_of_a_long_call_are_represented_alike(rows: int) -> None:
    kept = thin(torch.cat([torch.zeros(rows // 2), torch.ones(rows // 2)]))
    assert len(kept) == min(rows, len(kept)) <= ROWS_PER_CALL
    assert abs(float(kept.mean()) - 0.5) < 1 / len(kept)


def test_a_batch_that_the_generator_made_is_fake_though_no_gradient_comes_back_from_it(tmp_path: Path) -> None:
    p, account = players(sigmoid=False), Account()
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE):
        for index in range(8):
            p.optimizer_d.zero_grad()
            fake = p.generator(p.latents())
            # The fake call comes first at even steps and last at odd ones: its place does not give it away.
            parts = [(fake.detach(), 1), (next(p.batches), 0)][:: 1 if index % 2 == 0 else -1]
            scores = {label: p.discriminator(part) for part, label in parts}
            # A hinge that the fake batch has met from the start, with a margin.
            loss = F.relu(1 - scores[0]).mean() + F.relu(scores[1] - 100).mean()
            loss.backward()
            p.optimizer_d.step()
            _update_generator(p, fake)
            account.real.append(scores[0].detach().double().mean().item())
            account.fake.append(scores[1].detach().double().mean().item())
    steps = cp.load(tmp_path / "run").steps
    np.testing.assert_allclose(steps["d_real"], account.real, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(steps["d_fake"], account.fake, rtol=1e-4, atol=1e-6)


def test_a_forward_of_the_modules_own_is_given_back_after_close(tmp_path: Path) -> None:
    p, calls = players(sigmoid=True), []
    plain = p.generator.forward

    def own(*args: Any) -> Tensor:
        calls.append(len(args[0]))
        return plain(*args)

    p.generator.forward = own  # type: ignore[method-assign]
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE):
        assert p.generator.forward is not own
        _update_generator(p, p.generator(p.latents()))
    assert calls == [BATCH]
    assert p.generator.__dict__["forward"] is own
    assert "forward" not in p.discriminator.__dict__
    assert len(cp.load(tmp_path / "run").steps) == 1
