"""Whatever fails on the probe's side, the training loop does not feel it, and what was recorded stays."""

import itertools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import optimizer as torch_optimizer

import collapse_probe as cp
from collapse_probe.errors import CollapseProbeWarning

from .loops import BATCH, STEPS, dcgan, players
from .shapes import Game

REFERENCE = torch.randn(256, 2, generator=torch.Generator().manual_seed(7))


def _at_call(number: int, action: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Hands a module's output through, until `action` gets the output of call `number`."""
    calls = itertools.count()
    return lambda output: action(output) if next(calls) == number else output


def _raise(output: Any) -> Any:
    raise RuntimeError("the user's own mistake")


def _weights(p: Game) -> list[Tensor]:
    return [*p.generator.state_dict().values(), *p.discriminator.state_dict().values(), torch.get_rng_state()]


def _update(p: Game, loss: Tensor) -> None:
    p.optimizer_g.zero_grad()
    loss.backward()
    p.optimizer_g.step()


# dcgan calls D three times a step, and G once, and once more at every fifth: these are the first calls of step 6.
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sample": _at_call(8, _raise)}, "RuntimeError: the user's own mistake"),
        ({"score": _at_call(18, _raise)}, "RuntimeError: the user's own mistake"),
        ({"score": _at_call(18, lambda output: 0.5)}, "score=... returned float; expected a tensor"),
        ({"sample": _at_call(8, lambda output: output.tolist())}, "sample=... returned list; expected a tensor"),
    ],
    ids=["sample raises", "score raises", "score is no tensor", "sample is no tensor"],
)
def test_a_picker_that_fails_ends_the_recording_and_nothing_else(
    options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    p = players(sigmoid=True)
    dcgan(p)
    without = _weights(p)
    p = players(sigmoid=True)
    with pytest.warns(CollapseProbeWarning, match="the probe failed and is off, training goes on") as caught:
        with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE, **options) as probe:
            account = dcgan(p, probe.log)
    assert len(caught) == 1
    assert said in str(caught[0].message)
    assert said in str(probe.error)
    assert len(account.steps) == STEPS
    assert all(torch.equal(a, b) for a, b in zip(without, _weights(p), strict=True))
    steps = cp.load(tmp_path / "run").steps
    assert steps.index.tolist() == list(range(6))
    assert steps["loss_g"].tolist() == account.column("loss_g")[:6].tolist()


def test_a_failure_where_warnings_are_errors_does_not_raise_into_the_loop(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", score=_at_call(18, _raise)) as probe:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            account = dcgan(p, probe.log)
    assert len(account.steps) == STEPS
    assert probe.error is not None


def _gradients_of_single_samples(p: Game) -> None:
    # Inside torch.func a batch has one dimension more than it shows, and cannot be copied into the pool.
    torch.func.vmap(torch.func.grad(lambda z: p.generator.eval()(z.unsqueeze(0)).sum()))(p.latents())


def _vectorized_jacobian(p: Game) -> None:
    torch.autograd.functional.jacobian(p.discriminator, next(p.batches), vectorize=True)


@pytest.mark.parametrize("use", [_gradients_of_single_samples, _vectorized_jacobian])
def test_what_runs_inside_a_function_transform_is_let_through(use: Callable[[Game], None], tmp_path: Path) -> None:
    p = players(sigmoid=True)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE) as probe:
        _update(p, p.discriminator(p.generator(p.latents())).mean())
        use(p)
        _update(p, p.discriminator(p.generator(p.latents())).mean())
        use(p)
    assert probe.error is None
    steps = cp.load(tmp_path / "run").steps
    assert steps.index.tolist() == [0, 1]
    assert steps["canonical_loss_g"].notna().all()


def test_an_empty_batch_of_the_generator_is_passed_over(tmp_path: Path) -> None:
    generator, discriminator = nn.Linear(6, 2), nn.Linear(2, 1)
    optimizer = torch.optim.SGD(generator.parameters(), 0.1)
    with cp.attach(generator, discriminator, run=tmp_path / "run", every=1, sample_size=BATCH) as probe:
        for rows in (0, BATCH, 0, BATCH):
            optimizer.zero_grad()
            discriminator(generator(torch.randn(rows, 6))).sum().backward()
            optimizer.step()
        assert probe.error is None
    run = cp.load(tmp_path / "run")
    assert len(run.steps) == 4
    assert [len(run.batch(step)) for step in run.batches] == [BATCH] * 3


def test_saving_watched_outputs_with_their_graph_warns_of_nothing(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run"), warnings.catch_warnings():
        warnings.simplefilter("error")
        made = p.generator(p.latents())
        scores = p.discriminator(made)
        torch.save({"made": made, "scores": scores}, tmp_path / "outputs.pt")
    assert torch.equal(torch.load(tmp_path / "outputs.pt")["made"], made)


def test_a_graph_that_outlives_the_probe_adds_nothing_to_it(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    probe = cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE, every=1, sample_size=BATCH)
    _update(p, p.discriminator(p.generator(p.latents())).mean())
    alive = p.discriminator(p.generator(p.latents())).mean()
    probe.close()
    observer = probe._source._observer  # type: ignore[union-attr]
    rows, captures, seconds = observer.captures.pool.rows_added, observer.captures.taken, observer.guard.seconds
    _update(p, alive)
    assert (observer.captures.pool.rows_added, observer.captures.taken, observer.guard.seconds) == (
        rows,
        captures,
        seconds,
    )
    assert rows == BATCH
    assert cp.load(tmp_path / "run").batches == [0]


def test_closing_inside_a_pause_loses_nothing(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    probe = cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REFERENCE)
    account = dcgan(p, probe.log)
    with probe.pause():
        p.generator(p.latents())
        probe.close()
    run = cp.load(tmp_path / "run")
    assert run.steps["loss_d"].tolist() == account.column("loss_d").tolist()
    assert run.finished


def test_two_backward_passes_through_one_batch_pool_it_once(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", every=1, sample_size=2 * BATCH):
        for _ in range(2):
            p.optimizer_g.zero_grad()
            fake = p.generator(p.latents())
            scores = p.discriminator(fake)
            scores.mean().backward(retain_graph=True)
            (fake.square().mean() + scores.square().mean()).backward()
            p.optimizer_g.step()
    run = cp.load(tmp_path / "run")
    assert run.batches == [1]
    assert len({row.tobytes() for row in run.batch(1)}) == 2 * BATCH


def test_a_backward_pass_inside_a_pause_is_not_observed_though_the_call_was_outside(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", every=1, sample_size=BATCH) as probe:
        loss = p.discriminator(p.generator(p.latents())).mean()
        with probe.pause():
            loss.backward()
        p.optimizer_g.step()
    run = cp.load(tmp_path / "run")
    assert len(run.steps) == 1
    assert run.batches == []
    assert run.info["loop"]["calls"] == {}


def test_the_global_optimizer_hooks_are_as_before_after_close_and_after_a_failure(tmp_path: Path) -> None:
    def hooks() -> list[dict[int, Any]]:
        return [dict(torch_optimizer._global_optimizer_pre_hooks), dict(torch_optimizer._global_optimizer_post_hooks)]

    kept = torch_optimizer.register_optimizer_step_post_hook(lambda *_: None)
    before = hooks()
    p = players(sigmoid=True)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "a"):
        assert [len(now) - len(then) for now, then in zip(hooks(), before, strict=True)] == [1, 1]
    assert hooks() == before
    with pytest.warns(CollapseProbeWarning, match="the probe failed and is off"):
        with cp.attach(p.generator, p.discriminator, run=tmp_path / "b", sample=_raise):
            dcgan(p)
    assert hooks() == before
    kept.remove()
