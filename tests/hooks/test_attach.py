"""One line on every loop shape: what it sees is what the loop saw, and training does not notice."""

import copy
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

import collapse_probe as cp
from collapse_probe.errors import CollapseProbeWarning, InvalidArgument, LoopNotUnderstood

from .loops import BATCH, STEPS, dcgan, players
from .shapes._watch import state

REFERENCE = torch.randn(256, 2, generator=torch.Generator().manual_seed(7))


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def _threads(request: pytest.FixtureRequest) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_threads")
def test_training_is_bit_identical_with_and_without_the_probe_on_any_number_of_threads(tmp_path: Path) -> None:
    unwatched, watched = players(sigmoid=True), players(sigmoid=True)
    torch.manual_seed(0)
    dcgan(unwatched)
    without = state(unwatched)
    torch.manual_seed(0)
    with cp.attach(watched.generator, watched.discriminator, run=tmp_path / "run", every=5, sample_size=64) as probe:
        dcgan(watched, probe.log)
    for ours, theirs in zip(state(watched), without, strict=True):
        assert torch.equal(ours, theirs) if isinstance(ours, torch.Tensor) else ours == theirs


def test_the_reference_is_made_of_the_real_batches_when_none_is_given(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    fixed = [next(p.batches) for _ in range(4)]
    seen = {row.numpy().tobytes() for batch in fixed for row in batch}
    # A small data set that comes round again: once all of it was seen the reference is complete.
    p.batches = iter(fixed * STEPS)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", every=1, sample_size=32) as probe:
        dcgan(p, probe.log)
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
        dcgan(p, probe.log)
        raise ZeroDivisionError("the user's own mistake")
    for module in (p.generator, p.discriminator):
        assert "forward" not in module.__dict__
    recorded = len(cp.load(tmp_path / "run").steps)
    dcgan(p)
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
            dcgan(p, probe.log)
        assert len(probe.events) == 0
    assert cp.load(tmp_path / "run").steps.empty


@pytest.mark.parametrize(
    ("generator", "discriminator", "said"),
    [
        ("G", nn.Linear(2, 1), "generator is str; expected a torch.nn.Module"),
        (nn.ReLU(), nn.Linear(2, 1), "generator is a ReLU without trainable parameters"),
        (nn.Linear(2, 2), 3, "discriminator is int; expected a torch.nn.Module"),
        (nn.Linear, nn.Linear(2, 1), "generator is the class Linear itself; expected a torch.nn.Module that exists"),
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


def test_a_run_too_short_for_one_capture_says_so_at_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, size in (("short", BATCH * STEPS + 1), ("enough", BATCH)):
        p = players(sigmoid=True)
        with cp.attach(p.generator, p.discriminator, run=tmp_path / name, sample_size=size):
            dcgan(p)
        said = f"{STEPS} steps gave fewer than the {size} samples of a capture; pass a smaller sample_size"
        assert (said in capsys.readouterr().err) == (name == "short")
