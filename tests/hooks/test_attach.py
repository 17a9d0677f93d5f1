"""One line on every loop shape: what it sees is what the loop saw, and training does not notice."""

import copy
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import collapse_probe as cp
from collapse_probe.errors import CollapseProbeWarning, InvalidArgument, LoopNotUnderstood

from .loops import BATCH, LOOPS, STEPS, Account, Players, dcgan, players

REFERENCE = torch.randn(256, 2, generator=torch.Generator().manual_seed(7))


def _train(name: str, path: Path | None) -> tuple[Players, Account]:
    loop, sigmoid = LOOPS[name]
    p, account = players(sigmoid=sigmoid), Account()
    if path is None:
        loop(p, account, lambda **scalars: None)
    else:
        with cp.attach(p.generator, p.discriminator, run=path, real=REFERENCE, every=5, sample_size=64) as probe:
            loop(p, account, probe.log)
        assert probe.error is None
    return p, account


def _state(p: Players) -> list[Tensor]:
    tensors = [*p.generator.state_dict().values(), *p.discriminator.state_dict().values(), torch.get_rng_state()]
    moments = [
        value
        for optimizer in (p.optimizer_g, p.optimizer_d)
        for state in optimizer.state.values()
        for value in state.values()
    ]
    return tensors + moments


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def _threads(request: pytest.FixtureRequest) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_threads")
@pytest.mark.parametrize("name", LOOPS)
def test_training_is_bit_identical_with_and_without_the_probe(name: str, tmp_path: Path) -> None:
    without = _state(_train(name, None)[0])
    watched = _state(_train(name, tmp_path / "run")[0])
    assert len(without) == len(watched)
    assert all(torch.equal(a, b) for a, b in zip(without, watched, strict=True))


@pytest.mark.parametrize("name", LOOPS)
def test_there_is_one_step_for_each_generator_update(name: str, tmp_path: Path) -> None:
    _train(name, tmp_path / "run")
    assert cp.load(tmp_path / "run").steps.index.tolist() == list(range(STEPS))


@pytest.mark.parametrize("name", ["dcgan", "reversed_sign"])
def test_scores_and_losses_are_those_of_the_loop(name: str, tmp_path: Path) -> None:
    _, account = _train(name, tmp_path / "run")
    steps = cp.load(tmp_path / "run").steps
    sign = -1 if name == "reversed_sign" else 1
    np.testing.assert_allclose(steps["d_real"], sign * np.array(account.real), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(steps["d_fake"], sign * np.array(account.fake), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(steps["loss_d"], np.float32(account.loss_d))
    np.testing.assert_array_equal(steps["loss_g"], np.float32(account.loss_g))


def test_a_generator_first_loop_has_its_discriminator_scores_at_the_next_update(tmp_path: Path) -> None:
    _, account = _train("generator_first", tmp_path / "run")
    steps = cp.load(tmp_path / "run").steps
    np.testing.assert_allclose(steps["d_real"][1:], account.real[:-1], rtol=1e-5)
    assert np.isnan(steps["d_real"][0])
    np.testing.assert_array_equal(steps["loss_g"], np.float32(account.loss_g))


@pytest.mark.parametrize("name", ["wgan_clip", "wgan_gp"])
def test_five_critic_steps_are_averaged_into_one_step(name: str, tmp_path: Path) -> None:
    _, account = _train(name, tmp_path / "run")
    run = cp.load(tmp_path / "run")
    np.testing.assert_allclose(run.steps["d_real"], np.array(account.real).reshape(-1, 5).mean(1), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(run.steps["d_fake"], np.array(account.fake).reshape(-1, 5).mean(1), rtol=1e-4, atol=1e-6)
    calls = run.info["loop"]["calls"]
    assert (calls["real"], calls["fake"], calls["generator fake"]) == (5 * STEPS, 5 * STEPS, STEPS)
    assert calls.get("penalty", 0) == (5 * STEPS if name == "wgan_gp" else 0)


def test_the_canonical_losses_of_a_cross_entropy_gan_are_its_losses(tmp_path: Path) -> None:
    _, account = _train("dcgan", tmp_path / "run")
    steps = cp.load(tmp_path / "run").steps
    np.testing.assert_allclose(steps["canonical_loss_d"], account.loss_d, rtol=1e-5)
    np.testing.assert_allclose(steps["canonical_loss_g"], account.loss_g, rtol=1e-5)


@pytest.mark.parametrize("name", LOOPS)
def test_every_row_of_a_capture_is_one_that_the_generator_made(name: str, tmp_path: Path) -> None:
    _, account = _train(name, tmp_path / "run")
    run = cp.load(tmp_path / "run")
    made = {row.numpy().tobytes() for batch in account.made for row in batch}
    assert run.batches
    for step in run.batches:
        assert len(run.batch(step)) == 64
        assert all(row.tobytes() in made for row in run.batch(step))


def test_the_reference_is_made_of_the_real_batches_when_none_is_given(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    fixed = [next(p.batches) for _ in range(4)]
    seen = {row.numpy().tobytes() for batch in fixed for row in batch}
    # A small data set that comes round again: once all of it was seen the reference is complete.
    p.batches = iter(fixed * STEPS)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", every=1, sample_size=32) as probe:
        dcgan(p, Account(), probe.log)
    run = cp.load(tmp_path / "run")
    assert run.reference is not None
    assert {row.tobytes() for row in run.reference} == seen
    assert run.statistics["occupancy"].notna().any()


def test_hooks_are_gone_after_close_also_after_an_exception(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    with (
        pytest.raises(ZeroDivisionError),
        cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE) as probe,
    ):
        dcgan(p, Account(), probe.log)
        raise ZeroDivisionError("the user's own mistake")
    for module in (p.generator, p.discriminator):
        assert "forward" not in module.__dict__
    recorded = len(cp.load(tmp_path / "run").steps)
    dcgan(p, Account(), lambda **scalars: None)
    assert len(cp.load(tmp_path / "run").steps) == recorded == STEPS
    assert cp.load(tmp_path / "run").info["ends"][0]["how"] == "exception"
    assert "ZeroDivisionError" in cp.load(tmp_path / "run").info["ends"][0]["error"]


def test_a_copy_of_a_watched_module_is_its_own_and_is_not_watched(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE):
        average = copy.deepcopy(p.generator).eval()
        restored = pickle.loads(pickle.dumps(p.generator)).eval()
        with torch.no_grad():
            for parameter in average.parameters():
                parameter.zero_()
        latents = p.latents()
        assert average(latents).abs().max() == 0
        assert torch.equal(restored(latents), p.generator.eval()(latents))
        assert copy.deepcopy(average)(latents).abs().max() == 0
    assert torch.equal(restored(latents), p.generator(latents))


def test_a_call_of_forward_itself_is_seen(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE):
        loss = nn.functional.binary_cross_entropy(
            p.discriminator.forward(p.generator.forward(p.latents())), torch.ones(BATCH, 1)
        )
        loss.backward()
        p.optimizer_g.step()
    assert cp.load(tmp_path / "run").steps["canonical_loss_g"].iloc[0] == pytest.approx(loss.item(), rel=1e-5)


def test_what_is_paused_is_not_observed(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE) as probe:
        with probe.pause():
            dcgan(p, Account(), probe.log)
        assert len(probe.events) == 0
    assert cp.load(tmp_path / "run").steps.empty


@pytest.mark.parametrize(
    ("generator", "discriminator", "said"),
    [
        ("G", nn.Linear(2, 1), "generator is str; expected a torch.nn.Module"),
        (nn.ReLU(), nn.Linear(2, 1), "generator is a ReLU without trainable parameters"),
        (nn.Linear(2, 2), 3, "discriminator is int; expected a torch.nn.Module"),
    ],
)
def test_a_module_that_is_none_is_refused(generator: object, discriminator: object, said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=said):
        cp.attach(generator, discriminator, run=tmp_path / "run")  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


def test_a_module_that_is_watched_already_is_refused(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "a"):
        with pytest.raises(InvalidArgument, match="watched by another probe already"):
            cp.attach(p.generator, p.discriminator, run=tmp_path / "b")
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "b"):
        pass


def test_a_generator_that_no_optimizer_trains_is_named_in_one_warning(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    other = players(sigmoid=True, seed=1)
    with pytest.warns(CollapseProbeWarning, match="generator was never called") as caught:
        with cp.attach(other.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE) as probe:
            for _ in range(60):
                p.discriminator.zero_grad()
                p.discriminator(next(p.batches)).mean().backward()
                p.optimizer_d.step()
            assert probe.error is not None
    assert len(caught) == 1


def test_strict_raises_where_the_loop_is_not_understood(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    with (
        cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE, strict=True),
        pytest.raises(LoopNotUnderstood, match="the generator was never called"),
    ):
        for _ in range(60):
            p.discriminator.zero_grad()
            p.discriminator(next(p.batches)).mean().backward()
            p.optimizer_d.step()


def test_names_of_the_probes_own_columns_are_refused_by_log(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run") as probe:
        with pytest.raises(InvalidArgument, match="'edge' is a column that the probe fills itself"):
            probe.log(edge=0.5)
        with pytest.raises(InvalidArgument, match=r"lr is a str 'fast'; expected one number"):
            probe.log(lr="fast")
        with pytest.raises(InvalidArgument, match=r"call log\(...\)"):
            probe.step(loss_d=1.0)


def test_a_generator_without_a_discriminator_is_watched_too(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    with cp.attach(p.generator, run=tmp_path / "run", real=REFERENCE, every=1, sample_size=32):
        for _ in range(5):
            p.optimizer_g.zero_grad()
            p.generator(p.latents()).square().mean().backward()
            p.optimizer_g.step()
    run = cp.load(tmp_path / "run")
    assert len(run.steps) == 5
    assert run.steps["grad_norm_g"].gt(0).all()
    assert len(run.batches) == 5
