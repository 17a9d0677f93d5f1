"""`fixed_latents`: the probe calls the generator itself, and training cannot tell."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import collapse_probe as cp
from collapse_probe.errors import CollapseProbeWarning, InvalidArgument

from .awkward import BATCH, STEPS, Awkward, assert_same_training
from .awkward import train as _train

FIXED = torch.randn(12, 6, generator=torch.Generator().manual_seed(8))


def test_training_is_bit_identical_with_and_without_sheets_of_fixed_latents(tmp_path: Path) -> None:
    without, watched = _train(None), _train(tmp_path / "run", fixed_latents=FIXED)
    assert_same_training(without, watched)
    assert cp.load(tmp_path / "run").sheets == [0, 2, 4, 6, 8]


def test_a_sheet_is_what_the_generator_makes_in_evaluation_mode_right_after_the_update(tmp_path: Path) -> None:
    expected = {}

    def note(generator: nn.Module, step: int) -> None:
        with torch.random.fork_rng(), torch.no_grad():
            twin = Awkward().eval()
            twin.load_state_dict(generator.state_dict())
            expected[step] = nn.Sequential(twin.body, twin.frozen, twin.out)(FIXED)

    _train(tmp_path / "run", note, fixed_latents=FIXED)
    run = cp.load(tmp_path / "run")
    for step in run.sheets:
        # The generator adds noise of its own, of a hundredth: that much may differ and no more.
        np.testing.assert_allclose(run.sheet(step), expected[step].numpy(), atol=0.05)
    assert np.abs(run.sheet(8) - run.sheet(0)).max() > 0.1


def test_noise_that_the_generator_draws_itself_is_the_same_on_every_sheet(tmp_path: Path) -> None:
    class Noise(nn.Linear):
        def forward(self, z: Tensor) -> Tensor:
            return 0.0 * super().forward(z) + torch.randn(len(z), 2)

    generator = Noise(6, 2)
    optimizer = torch.optim.SGD(generator.parameters(), 0.1)
    with cp.attach(generator, run=tmp_path / "run", every=1, sample_size=BATCH, fixed_latents=FIXED):
        for _ in range(3):
            generator(torch.randn(BATCH, 6)).sum().backward()
            optimizer.step()
    run = cp.load(tmp_path / "run")
    assert run.sheets == [0, 1, 2]
    assert all(np.array_equal(run.sheet(0), run.sheet(step)) for step in run.sheets)


def test_changing_the_latents_afterwards_does_not_change_the_sheet(tmp_path: Path) -> None:
    first, second = FIXED.clone(), FIXED.clone()
    _train(tmp_path / "kept", fixed_latents=first)
    _train(tmp_path / "changed", lambda generator, step: second.zero_().sum() and None, fixed_latents=second)
    assert np.array_equal(cp.load(tmp_path / "kept").sheet(8), cp.load(tmp_path / "changed").sheet(8))


@pytest.mark.parametrize("latents", [(FIXED,), {"z": FIXED, "scale": 0.0}], ids=["tuple", "mapping"])
def test_latents_are_whatever_the_generators_call_takes(latents: Any, tmp_path: Path) -> None:
    _train(tmp_path / "run", fixed_latents=latents)
    sheet = cp.load(tmp_path / "run").sheet(8)
    assert sheet.shape == (12, 2)
    assert bool(sheet.any()) == isinstance(latents, tuple)


def test_at_most_64_samples_of_a_sheet_are_kept(tmp_path: Path) -> None:
    _train(tmp_path / "run", fixed_latents=torch.randn(100, 6))
    assert len(cp.load(tmp_path / "run").sheet(0)) == 64


def test_the_probe_does_not_observe_its_own_call(tmp_path: Path) -> None:
    _train(tmp_path / "without")
    _train(tmp_path / "with", fixed_latents=FIXED)
    without, watched = (cp.load(tmp_path / name) for name in ("without", "with"))
    assert without.info["loop"] == watched.info["loop"]
    assert without.batches == watched.batches
    assert all(np.array_equal(without.batch(step), watched.batch(step)) for step in without.batches)


@pytest.mark.parametrize("latents", [FIXED[:, :3], {"noise": FIXED}, (FIXED, FIXED)])
def test_latents_that_the_generator_cannot_take_are_refused_before_training(latents: Any, tmp_path: Path) -> None:
    generator = nn.Linear(6, 2)
    with pytest.raises(InvalidArgument, match="the generator cannot be called on fixed_latents"):
        cp.attach(generator, run=tmp_path / "run", fixed_latents=latents)
    assert "forward" not in vars(generator)
    assert not (tmp_path / "run").exists()


def test_latents_without_a_tensor_are_refused_and_so_are_latents_without_a_generator(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="fixed_latents is list; expected what the generator's call takes"):
        cp.attach(nn.Linear(6, 2), run=tmp_path / "run", fixed_latents=[[0.0] * 6])
    with pytest.raises(InvalidArgument, match="fixed_latents needs the generator itself"):
        cp.Probe(run=tmp_path / "run", fixed_latents=FIXED)
    assert not (tmp_path / "run").exists()


def test_a_call_that_fails_later_ends_the_sheets_and_nothing_else(tmp_path: Path) -> None:
    fails = False

    class Fragile(nn.Linear):
        def forward(self, z: Tensor) -> Tensor:
            if fails and not self.training:
                raise RuntimeError("no memory")
            return super().forward(z)

    generator = Fragile(6, 2)
    optimizer = torch.optim.SGD(generator.parameters(), 0.1)
    with pytest.warns(
        CollapseProbeWarning, match=r"no more sheets .* the rest goes on: RuntimeError: no memory"
    ) as said:
        with cp.attach(generator, run=tmp_path / "run", every=1, sample_size=BATCH, fixed_latents=FIXED):
            for step in range(5):
                fails = step >= 2
                generator(torch.randn(BATCH, 6)).sum().backward()
                optimizer.step()
                assert generator.training
    assert len(said) == 1
    run = cp.load(tmp_path / "run")
    assert (run.sheets, run.batches) == ([0, 1], [0, 1, 2, 3, 4])
    with pytest.raises(InvalidArgument, match=r"no sheet at step 3 .* the nearest are at 0, 1"):
        run.sheet(3)


def test_training_inside_autocast_does_not_lose_its_gradients_to_a_sheet(tmp_path: Path) -> None:
    def gradients(run: Path | None) -> list[Tensor]:
        torch.manual_seed(0)
        generator = nn.Linear(6, 2)
        optimizer = torch.optim.SGD(generator.parameters(), 0.1)
        options: dict[str, Any] = {"every": 1, "sample_size": BATCH, "fixed_latents": FIXED}
        probe = cp.attach(generator, run=run, **options) if run is not None else None
        found = []
        with torch.autocast("cpu", dtype=torch.bfloat16):
            for _ in range(2):
                optimizer.zero_grad()
                torch.clear_autocast_cache()
                generator(torch.randn(BATCH, 6)).float().square().sum().backward()
                found.append(generator.weight.grad.clone())
                torch.clear_autocast_cache()
                optimizer.step()
        if probe is not None:
            probe.close()
        return found

    assert all(torch.equal(a, b) and a.any() for a, b in zip(gradients(None), gradients(tmp_path / "run"), strict=True))


def test_sheets_are_thinned_evenly_beyond_a_fourth_of_the_disk_limit(tmp_path: Path) -> None:
    _train(tmp_path / "run", fixed_latents=FIXED, every=1, disk_limit=4 * 1100)
    run = cp.load(tmp_path / "run")
    sizes = [file.stat().st_size for file in (tmp_path / "run" / "sheets").glob("*.safetensors")]
    assert sum(sizes) <= 1100 and len(sizes) >= 2
    assert {0, 8} <= set(run.sheets)
    assert run.info["sheets_removed"] == STEPS - len(run.sheets) > 0
