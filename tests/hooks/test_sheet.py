"""The user's own sample sheet is recognised, kept as it was, and nothing else is taken for one."""

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import collapse_probe as cp
from collapse_probe._hooks._made import Made
from collapse_probe._hooks._sheet import SheetWatch

from .loops import dcgan, players

REAL = torch.randn(128, 2, generator=torch.Generator().manual_seed(7))


def _call(watch: SheetWatch, *args: Any) -> Made:
    samples = torch.randn(4, 2)
    made = Made(samples)
    watch.on_generator(args, {}, samples, made)
    return made


def _sheets(calls: Callable[[int], list[Any]], steps: int = 4) -> list[bool]:
    """For each step whether a sheet was recognised, of a loop that calls G on `calls(step)` and trains on none."""
    watch, found = SheetWatch(), []
    for step in range(steps):
        for latents in calls(step):
            _call(watch, *(latents if isinstance(latents, tuple) else (latents,)))
        found.append(watch.close_step() is not None)
    return found


def test_the_same_latents_again_in_a_later_step_are_a_sheet() -> None:
    fixed = torch.randn(4, 3)
    assert _sheets(lambda step: [torch.randn(4, 3), fixed]) == [False, True, True, True]
    assert _sheets(lambda step: [fixed, fixed] if step == 2 else []) == [False] * 4


@pytest.mark.parametrize(
    "of",
    [
        lambda z: z[:2],
        lambda z: z.view(3, 4),
        lambda z: (z, torch.randint(9, (4,))),
        lambda z: (torch.randint(9, (4,)), z),
        lambda z: ([z, 0.5],),
    ],
    ids=["slice", "view", "labels after", "labels before", "styles in a list"],
)
def test_latents_are_found_in_the_forms_that_calls_have(of: Callable[[Tensor], Any]) -> None:
    fixed = torch.randn(4, 3)
    assert _sheets(lambda step: [of(fixed)]) == [False, True, True, True]


def test_latents_that_were_written_to_in_between_are_no_sheet() -> None:
    buffer = torch.randn(4, 3)
    assert not any(_sheets(lambda step: [buffer.normal_()]))
    assert not any(_sheets(lambda step: [torch.randn(4, 3, out=buffer)]))


def test_two_parts_of_one_tensor_are_different_latents() -> None:
    data = torch.randn(16, 3)
    assert not any(_sheets(lambda step: [data[4 * step : 4 * step + 4]]))


def test_latents_at_an_address_that_was_used_before_are_no_sheet() -> None:
    memory, addresses = np.zeros((4, 3), np.float32), set()

    def fresh(step: int) -> list[Tensor]:
        memory[:] = step
        latents = torch.from_numpy(memory)
        addresses.add((latents.data_ptr(), latents._version))
        return [latents]

    assert not any(_sheets(fresh, steps=50))
    assert len(addresses) == 1


def test_no_latents_are_kept_alive_nor_their_places_remembered() -> None:
    watch = SheetWatch()
    for _ in range(1000):
        _call(watch, torch.randn(4, 3))
        watch.close_step()
    gc.collect()
    assert len(watch._known) <= 1
    alive = [torch.randn(4, 3) for _ in range(500)]
    for latents in alive:
        _call(watch, latents)
    assert len(watch._known) <= 64


def test_samples_that_the_discriminator_sees_are_no_sheet() -> None:
    watch, fixed, found = SheetWatch(), torch.randn(4, 3), []
    for _ in range(4):
        _call(watch, fixed).consumed = True
        found.append(watch.close_step())
    assert found == [None] * 4


def test_samples_that_a_gradient_comes_back_to_are_no_sheet() -> None:
    watch, fixed, found = SheetWatch(), torch.randn(4, 3), []
    for _ in range(4):
        samples = torch.randn(4, 2, requires_grad=True) * 1.0
        watch.on_generator((fixed,), {}, samples, Made(samples))
        samples.sum().backward()
        found.append(watch.close_step())
    assert found == [None] * 4


def test_a_sheet_is_what_it_was_when_it_was_drawn() -> None:
    watch, fixed, memory = SheetWatch(), torch.randn(4, 3), torch.zeros(4, 2)
    for step in range(3):
        watch.on_generator((fixed,), {}, memory.fill_(step), Made(memory))
        memory.fill_(-1)
        sheet = watch.close_step()
    assert sheet is not None
    assert sheet.unique().tolist() == [2]


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_a_loop_that_draws_its_own_sheet_has_it_on_record_and_trains_the_same(mode: Any, tmp_path: Path) -> None:
    def train(run: Path | None) -> tuple[dict[int, Tensor], list[Tensor]]:
        p, drawn, fixed = players(sigmoid=False), {}, torch.randn(80, 4)
        probe = cp.attach(p.generator, p.discriminator, run=run, real=REAL, every=4) if run is not None else None
        for step in range(13):
            made = p.generator(p.latents())
            for optimizer, batch, sign in ((p.optimizer_d, made.detach(), 1), (p.optimizer_g, made, -1)):
                optimizer.zero_grad()
                (sign * p.discriminator(batch).mean() + p.discriminator(next(p.batches)).mean()).backward()
                optimizer.step()
            if step % 3 == 0:
                p.generator.eval()
                with mode():
                    drawn[step] = p.generator(fixed).detach().clone()
                p.generator.train()
        if probe is not None:
            probe.close()
            assert probe.error is None
        return drawn, [*p.generator.state_dict().values(), *p.discriminator.state_dict().values()]

    drawn, weights = train(tmp_path / "run")
    run = cp.load(tmp_path / "run")
    assert run.sheets == [3, 6, 9, 12]
    assert all(np.array_equal(run.sheet(step), drawn[step][:64].numpy()) for step in run.sheets)
    assert all(torch.equal(a, b) for a, b in zip(weights, train(None)[1], strict=True))


def test_the_official_examples_sheet_with_gradients_on_and_in_training_mode_is_kept(tmp_path: Path) -> None:
    p = players(sigmoid=True)
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", real=REAL, every=5, sample_size=64) as probe:
        dcgan(p, probe.log)
    run = cp.load(tmp_path / "run")
    assert run.sheets == [5, 10, 15, 20]
    assert {run.sheet(step).shape for step in run.sheets} == {(8, 2)}


def test_training_on_the_same_latents_again_and_again_gives_no_sheet(tmp_path: Path) -> None:
    generator, codes = nn.Linear(6, 2), torch.randn(32, 6)
    optimizer = torch.optim.SGD(generator.parameters(), 0.1)
    with cp.attach(generator, run=tmp_path / "run", every=1, sample_size=32):
        for _ in range(6):
            (generator(codes) - REAL[:32]).square().mean().backward()
            optimizer.step()
    assert cp.load(tmp_path / "run").sheets == []


def test_with_fixed_latents_the_probes_own_sheets_are_the_only_ones(tmp_path: Path) -> None:
    p, fixed = players(sigmoid=True), torch.zeros(3, 4)
    options: dict[str, Any] = {"real": REAL, "every": 8, "sample_size": 32, "fixed_latents": fixed}
    with cp.attach(p.generator, p.discriminator, run=tmp_path / "run", **options) as probe:
        dcgan(p, probe.log)
    run = cp.load(tmp_path / "run")
    assert run.sheets == [0, 8, 16]
    assert len(run.sheet(8)) == 3
