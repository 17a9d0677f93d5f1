"""On a GPU: the step path never synchronises, and training stays bit-identical."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import collapse_probe as cp

pytestmark = pytest.mark.gpu

STEPS = 40
BATCH = 32


def _train(run: Path | None, *, forbid_synchronising: bool) -> tuple[list[Tensor], list[Tensor], list[float]]:
    """A small DCGAN on noise; its weights, the samples it made, and D's mean real scores."""
    torch.manual_seed(0)
    device = torch.device("cuda")
    generator = nn.Sequential(nn.ConvTranspose2d(8, 16, 4), nn.BatchNorm2d(16), nn.ReLU(), nn.ConvTranspose2d(16, 1, 5))
    discriminator = nn.Sequential(nn.Conv2d(1, 16, 5), nn.LeakyReLU(0.2), nn.Conv2d(16, 1, 4), nn.Flatten(0))
    generator, discriminator = generator.to(device), discriminator.to(device)
    optimizers = [torch.optim.Adam(m.parameters(), 1e-3, betas=(0.5, 0.999)) for m in (generator, discriminator)]
    criterion = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(BATCH, device=device), torch.zeros(BATCH, device=device)
    made: list[Tensor] = []
    scores: list[Tensor] = []
    options = {"real": torch.randn(256, 1, 8, 8), "every": 5, "sample_size": 64}
    probe = cp.attach(generator, discriminator, run=run, **options) if run else None
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error" if forbid_synchronising else "default")
    try:
        for _ in range(STEPS):
            discriminator.zero_grad()
            real_scores = discriminator(torch.randn(BATCH, 1, 8, 8, device=device))
            fake = generator(torch.randn(BATCH, 8, 1, 1, device=device))
            loss_d = criterion(real_scores, ones) + criterion(discriminator(fake.detach()), zeros)
            loss_d.backward()
            optimizers[1].step()
            generator.zero_grad()
            loss_g = criterion(discriminator(fake), ones)
            loss_g.backward()
            optimizers[0].step()
            made.append(fake.detach().clone())
            scores.append(real_scores.detach().mean())
            if probe is not None:
                probe.log(loss_d=loss_d, loss_g=loss_g)
                assert not probe.should_stop
    finally:
        torch.cuda.set_sync_debug_mode("default")
    if probe is not None:
        probe.close()
        assert probe.error is None
    weights = [*generator.state_dict().values(), *discriminator.state_dict().values(), torch.cuda.get_rng_state()]
    return [w.cpu() for w in weights], [m.cpu() for m in made], torch.stack(scores).tolist()


@pytest.fixture
def _deterministic() -> None:
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def test_nothing_on_the_step_path_synchronises_the_device(tmp_path: Path) -> None:
    _train(tmp_path / "run", forbid_synchronising=True)
    run = cp.load(tmp_path / "run")
    assert run.steps.index.tolist() == list(range(STEPS))
    assert run.steps[["loss_d", "loss_g", "edge", "grad_norm_d", "grad_norm_g"]].notna().all().all()


def test_what_arrives_is_what_the_device_held(tmp_path: Path) -> None:
    _, made, scores = _train(tmp_path / "run", forbid_synchronising=False)
    run = cp.load(tmp_path / "run")
    np.testing.assert_allclose(run.steps["d_real"], scores, rtol=1e-5, atol=1e-6)
    rows = {row.numpy().tobytes() for batch in made for row in batch}
    assert len(run.batches) >= 5
    assert all(row.tobytes() in rows for step in run.batches for row in run.batch(step))
    assert run.statistics["occupancy"].notna().all()


@pytest.mark.usefixtures("_deterministic")
def test_training_on_a_gpu_is_bit_identical_with_and_without_the_probe(tmp_path: Path) -> None:
    without, _, _ = _train(None, forbid_synchronising=False)
    watched, _, _ = _train(tmp_path / "run", forbid_synchronising=False)
    assert all(torch.equal(a, b) for a, b in zip(without, watched, strict=True))
