"""On a GPU: sheets, labels and kept weights cost no waiting, and training stays bit-identical."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

import collapse_probe as cp

pytestmark = pytest.mark.gpu

STEPS, BATCH = 40, 32


class Conditional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(4, 8)
        self.body = nn.Sequential(nn.Linear(16, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 2))

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        made: Tensor = self.body(torch.cat([z, self.embed(y)], dim=1))
        return made


def _train(run: Path | None, *, own_sheet: bool = False, **options: Any) -> tuple[list[Tensor], dict[int, Any]]:
    """The weights at the end, and what the generator and its own sheet were right after each of its updates."""
    torch.manual_seed(0)
    device = torch.device("cuda")
    generator, discriminator = Conditional().to(device), nn.Linear(2, 1).to(device)
    optimizers = [torch.optim.Adam(m.parameters(), 1e-3) for m in (generator, discriminator)]
    fixed = (torch.randn(16, 8, device=device), torch.arange(16, device=device) % 4)
    real = torch.randn(256, 2, generator=torch.Generator().manual_seed(1)), torch.arange(256) % 4
    common = {"real": real, "every": 5, "sample_size": 64}
    probe = cp.attach(generator, discriminator, run=run, **(common | options)) if run is not None else None
    seen: dict[int, Any] = {}
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error" if run is not None else "default")
    try:
        for step in range(STEPS):
            made = generator(torch.randn(BATCH, 8, device=device), torch.randint(4, (BATCH,), device=device))
            for optimizer, batch, sign in ((optimizers[1], made.detach(), 1), (optimizers[0], made, -1)):
                optimizer.zero_grad()
                (sign * discriminator(batch).mean()).backward()
                optimizer.step()
            state = copy.deepcopy(generator.state_dict())
            sheet = None
            if own_sheet and step % 4 == 0:
                with torch.no_grad():
                    sheet = generator(*fixed).clone()
            seen[step] = state, sheet
    finally:
        torch.cuda.set_sync_debug_mode("default")
    if probe is not None:
        probe.close()
        assert probe.error is None
    weights = [*generator.state_dict().values(), *discriminator.state_dict().values(), torch.cuda.get_rng_state()]
    return [w.cpu() for w in weights], seen


def _fixed() -> tuple[Tensor, Tensor]:
    return torch.randn(16, 8, generator=torch.Generator().manual_seed(3)), torch.arange(16) % 4


def test_with_every_option_nothing_waits_and_training_is_bit_identical(tmp_path: Path) -> None:
    options = {"fixed_latents": _fixed(), "labels": "y", "keep_best": tmp_path / "best.safetensors"}
    watched, _ = _train(tmp_path / "run", held_out=torch.randn(64, 2), **options)
    without, _ = _train(None)
    assert all(torch.equal(a, b) for a, b in zip(without, watched, strict=True))
    run = cp.load(tmp_path / "run")
    assert run.sheets == run.batches
    assert set(run.capture(run.batches[0])["labels"].tolist()) == {0, 1, 2, 3}
    assert run.statistics["class_diversity.0"].notna().any()
    assert run.statistics["discriminator_overfitting"].notna().all()


def test_the_kept_weights_are_those_right_after_the_update_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "best.safetensors"
    _, seen = _train(tmp_path / "run", keep_best=path)
    with safe_open(path, framework="pt") as stream:
        step = int(stream.metadata()["step"])
    expected, kept = seen[step][0], load_file(path)
    assert cp.load(tmp_path / "run").verdict.best_step == step
    assert all(torch.equal(kept[f"generator.{name}"], value.cpu()) for name, value in expected.items())


def test_the_loops_own_sheet_arrives_as_it_was_drawn(tmp_path: Path) -> None:
    _, seen = _train(tmp_path / "run", own_sheet=True)
    run = cp.load(tmp_path / "run")
    assert run.sheets == list(range(4, STEPS, 4))
    assert all(np.array_equal(run.sheet(step), seen[step][1].cpu().numpy()) for step in run.sheets)


def test_a_generator_that_moves_to_the_gpu_after_attach_takes_its_latents_along(tmp_path: Path) -> None:
    generator = nn.Linear(8, 2)
    with cp.attach(generator, run=tmp_path / "run", every=1, sample_size=BATCH, fixed_latents=_fixed()[0]):
        generator.cuda()
        optimizer = torch.optim.SGD(generator.parameters(), 0.1)
        for _ in range(3):
            generator(torch.randn(BATCH, 8, device="cuda")).sum().backward()
            optimizer.step()
    assert cp.load(tmp_path / "run").sheets == [0, 1, 2]
