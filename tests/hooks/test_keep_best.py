"""`keep_best`: the weights of the healthiest capture, as they were."""

import copy
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

import collapse_probe as cp
from collapse_probe._recorder import _keep_best
from collapse_probe._records import Band
from collapse_probe._store import Job
from collapse_probe.errors import CollapseProbeWarning, InvalidArgument

RING = cp.toy.ring(8)
REAL = cp.toy.ring(8, seed=1).sample(512)
BATCH, EVERY = 64, 2
# How many of the ring's modes the generator draws, step by step: up, down, and up again but less far.
MODES = [1, 2, 4, 6, 8, 8, 8, 8, 7, 7, 8, 8, 4, 2, 1, 1, 1, 1, 6, 6, 6, 6, 6, 6]


class Drawer(nn.Module):
    """Draws from the first few modes of the ring; which, and its weights, is up to the test."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2))
        self.norm = nn.BatchNorm1d(2)
        self.head = nn.Linear(2, 2)
        self.tied = nn.Linear(2, 2)
        self.tied.weight = self.head.weight
        self.modes = 1

    def forward(self, z: Tensor) -> Tensor:
        self.norm(z)
        centres = RING.centers[: self.modes].float()
        picked = centres[torch.arange(len(z)) % self.modes]
        made: Tensor = picked + 0.02 * z + 0 * (self.weight + self.tied(self.head(z)))
        return made


Attach = Callable[..., cp.Probe]


def _train(
    modes: list[int], options: dict[str, Any] | None, *, ema: nn.Module | None = None, error: str = "None"
) -> tuple[dict[int, dict[str, Tensor]], dict[int, dict[str, Tensor]], Tensor]:
    """State of generator and average right after each update of the generator, and the random state at the end."""
    torch.manual_seed(0)
    generator, discriminator = Drawer(), nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.2), nn.Linear(4, 1))
    optimizers = [torch.optim.Adam(m.parameters(), 1e-3) for m in (generator, discriminator)]
    states: dict[int, dict[str, Tensor]] = {}
    averages: dict[int, dict[str, Tensor]] = {}
    probe = cp.attach(generator, discriminator, **options) if options is not None else None
    for step, generator.modes in enumerate(modes):
        made = generator(torch.randn(BATCH, 2))
        for optimizer, batch, sign in ((optimizers[1], made.detach(), 1), (optimizers[0], made, -1)):
            optimizer.zero_grad()
            (sign * discriminator(batch).mean() + (generator.weight - step).square().sum()).backward()
            optimizer.step()
        states[step] = copy.deepcopy(generator.state_dict())
        if ema is not None:
            averages[step] = copy.deepcopy(ema.state_dict())
            for mine, new in zip(ema.parameters(), generator.parameters(), strict=True):
                mine.data.lerp_(new.data, 0.5)
        if probe is not None and step % EVERY == 0:
            _wait_for_captures(probe, step // EVERY)
    if probe is not None:
        probe.close()
        assert error in str(probe.error)
    return states, averages, torch.get_rng_state()


def _wait_for_captures(probe: cp.Probe, count: int) -> None:
    """A capture leaves a step after it was taken; training in a test outruns its analysis."""
    give_up = time.monotonic() + 20
    while probe._pipeline.costs.measured < count and time.monotonic() < give_up:
        time.sleep(0.002)


def _options(tmp_path: Path, **further: Any) -> dict[str, Any]:
    path = tmp_path / "best.safetensors"
    common = {"run": tmp_path / "run", "real": REAL, "modes": RING, "every": EVERY, "sample_size": BATCH}
    return common | {"keep_best": path} | further


def _stored_step(path: Path) -> int:
    with safe_open(path, framework="pt") as stream:
        return int(stream.metadata()["step"])


@pytest.mark.parametrize("steps", [3, 9, 16, 24])
def test_what_is_kept_are_the_weights_of_the_best_step_of_the_verdict(steps: int, tmp_path: Path) -> None:
    states, _, _ = _train(MODES[:steps], _options(tmp_path))
    verdict = cp.load(tmp_path / "run").verdict
    assert verdict.best_step == _stored_step(tmp_path / "best.safetensors")
    kept = load_file(tmp_path / "best.safetensors")
    assert {name: t.tolist() for name, t in kept.items()} == {
        f"generator.{name}": t.tolist() for name, t in states[verdict.best_step].items()
    }
    assert steps < 9 or MODES[verdict.best_step] >= 7


def test_the_documented_lines_put_the_kept_weights_into_a_fresh_generator(tmp_path: Path) -> None:
    states, _, _ = _train(MODES, _options(tmp_path))
    best, G = tmp_path / "best.safetensors", Drawer()
    weights = load_file(best)
    G.load_state_dict({n.removeprefix("generator."): w for n, w in weights.items() if n.startswith("generator.")})
    expected = states[_stored_step(best)]
    assert all(torch.equal(value, expected[name]) for name, value in G.state_dict().items())


def test_an_average_of_the_weights_is_kept_as_it_was_at_the_same_moment(tmp_path: Path) -> None:
    ema = copy.deepcopy(Drawer())
    path = tmp_path / "best.safetensors"
    _, averages, _ = _train(MODES, _options(tmp_path, keep_best=(path, {"ema": ema})), ema=ema)
    kept, step = load_file(path), _stored_step(path)
    assert all(torch.equal(kept[f"ema.{name}"], value) for name, value in averages[step].items())
    assert {name.partition(".")[0] for name in kept} == {"generator", "ema"}


def test_training_is_bit_identical_with_and_without_keeping(tmp_path: Path) -> None:
    without, _, random = _train(MODES, None)
    watched, _, watched_random = _train(MODES, _options(tmp_path))
    assert torch.equal(random, watched_random)
    assert all(torch.equal(value, watched[step][n]) for step in without for n, value in without[step].items())


def test_wrappers_leave_no_trace_in_the_names(tmp_path: Path) -> None:
    inner = nn.Linear(2, 2)
    generator = nn.DataParallel(nn.Sequential(torch.compile(inner, backend="eager"), nn.Tanh()))
    path = tmp_path / "best.safetensors"
    options = {"real": torch.rand(128, 2), "every": 1, "sample_size": 32}
    with cp.Probe(
        run=tmp_path / "run", keep_best=(path, {"G": torch.compile(generator, backend="eager")}), **options
    ) as probe:
        probe.step(fake=torch.rand(32, 2))
    kept = load_file(path)
    plain = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    plain.load_state_dict({name.removeprefix("G."): value for name, value in kept.items()})
    assert all(torch.equal(*pair) for pair in zip(plain[0].parameters(), inner.parameters(), strict=True))


def test_a_probe_fed_by_hand_keeps_the_modules_that_are_named(tmp_path: Path) -> None:
    path, generator = tmp_path / "new" / "best.safetensors", nn.Linear(1, 1)
    with cp.Probe(run=tmp_path / "run", real=REAL, modes=RING, keep_best=(path, {"generator": generator})) as probe:
        for step, modes in enumerate([1, 8, 8, 8, 1, 1]):
            generator.weight.data.fill_(step)
            picked = RING.centers[torch.arange(BATCH) % modes].float()
            probe.step(fake=picked + 0.02 * torch.randn(BATCH, 2, generator=torch.Generator().manual_seed(step)))
    verdict = cp.load(tmp_path / "run").verdict
    assert verdict.best_step in (2, 3)
    assert load_file(path)["generator.weight"].item() == verdict.best_step
    assert cp.load(tmp_path / "run").info["kept_step"] == verdict.best_step


def test_a_capture_goes_without_a_snapshot_while_two_large_ones_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_keep_best, "WAITING_BYTES", 10)
    path, generator, bands = tmp_path / "best.safetensors", nn.Linear(1, 1), {"occupancy": Band(1.0, 0.1)}
    keeper = _keep_best.Keeper((path, {"G": generator}))
    for step in range(3):
        generator.weight.data.fill_(step)
        keeper.snapshot(step)
    assert keeper.cost() == {"snapshot_bytes": 8, "snapshots_skipped": 1}
    for step in range(3):
        keeper.judge(step, {"occupancy": 0.5 + step / 10}, bands, [])
        keeper.passed(step)
    keeper.close()
    # The third was the best and had none; what is in the file says of which step it is.
    assert (load_file(path)["G.weight"].item(), _stored_step(path), keeper.written) == (0, 0, 0)


def test_going_back_to_a_checkpoint_forgets_the_best_of_what_is_taken_again(tmp_path: Path) -> None:
    path, generator = tmp_path / "best.safetensors", nn.Linear(1, 1)
    with cp.Probe(run=tmp_path / "run", real=REAL, modes=RING, keep_best=(path, {"generator": generator})) as probe:
        for weight, (step, modes) in enumerate([(0, 2), (1, 2), (2, 8), (3, 8), (2, 5), (3, 5)]):
            generator.weight.data.fill_(weight)
            picked = RING.centers[torch.arange(BATCH) % modes].float()
            fake = picked + 0.02 * torch.randn(BATCH, 2, generator=torch.Generator().manual_seed(weight))
            probe.step(fake=fake, step=step if weight == 4 else None)
    assert cp.load(tmp_path / "run").verdict.best_step == _stored_step(path) == 3
    assert load_file(path)["generator.weight"].item() == 5


@pytest.mark.parametrize("broken", [math.nan, math.inf])
@pytest.mark.parametrize("prompt", [True, False], ids=["written at once", "written at the end"])
def test_weights_that_are_not_finite_do_not_take_the_place_of_the_best(
    tmp_path: Path, prompt: bool, broken: float
) -> None:
    path, generator, bands = tmp_path / "best.safetensors", nn.Linear(1, 1), {"occupancy": Band(1.0, 0.1)}
    jobs: list[Job] = []
    keeper = _keep_best.Keeper((path, {"G": generator}), (lambda job: job.write()) if prompt else jobs.append)
    # What counts is the lower of two captures in a row: the second is no better than the first, the third is.
    for step, weight in enumerate([3.0, 4.0, broken]):
        generator.weight.data.fill_(weight)
        keeper.snapshot(step)
        keeper.judge(step, {"occupancy": 0.5 + step / 5}, bands, [])
        keeper.passed(step)
    keeper.close()
    for job in jobs:
        job.write()
    assert (load_file(path)["G.weight"].item(), _stored_step(path), keeper.error) == (3, 0, None)


def test_a_run_whose_weights_stop_being_finite_keeps_the_best_of_before(tmp_path: Path) -> None:
    path, generator = tmp_path / "best.safetensors", nn.Linear(1, 1)
    with cp.Probe(run=tmp_path / "run", real=REAL, modes=RING, keep_best=(path, {"generator": generator})) as probe:
        for step, modes in enumerate([2, 2, 8, 8]):
            generator.weight.data.fill_(step if step < 2 else float("nan"))
            probe.step(fake=RING.centers[torch.arange(BATCH) % modes].float())
    assert load_file(path)["generator.weight"].item() < 2


def test_without_real_data_nothing_is_written_and_close_says_so_once(tmp_path: Path) -> None:
    with pytest.warns(CollapseProbeWarning, match="keep_best wrote no .*Give real=") as said:
        # Four steps show D too few real batches for a reference.
        _train(MODES[:1], _options(tmp_path, real=None))
    assert len(said) == 1
    assert not (tmp_path / "best.safetensors").exists()


def test_a_file_that_cannot_be_written_is_one_warning(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    options = _options(tmp_path, keep_best=tmp_path / "file" / "best.safetensors")
    with pytest.warns(
        CollapseProbeWarning, match="the weights of keep_best cannot be written .*Training goes on"
    ) as said:
        _train(MODES, options, error="NotADirectoryError")
    assert len(said) == 1
    assert len(cp.load(tmp_path / "run").statistics) == len(MODES) // EVERY


def test_weights_that_cannot_be_copied_are_one_warning(tmp_path: Path) -> None:
    class Unsaved(nn.Linear):
        def state_dict(self, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("not this way")

    path = tmp_path / "best.safetensors"
    with pytest.warns(CollapseProbeWarning, match="keep_best cannot write .*RuntimeError: not this way") as said:
        _train(MODES[:8], _options(tmp_path, keep_best=(path, {"other": Unsaved(1, 1)})), error="not this way")
    assert len(said) == 1
    assert len(cp.load(tmp_path / "run").statistics) == 4


def test_the_memory_of_a_snapshot_is_on_record_apart_from_the_device(tmp_path: Path) -> None:
    _train(MODES[:6], _options(tmp_path))
    cost = cp.load(tmp_path / "run").info["cost"]
    # weight 2, batch norm 4 + 4 + one int64, the tied matrix once, two biases.
    assert cost["snapshot_bytes"] == 4 * (2 + 8 + 4 + 4) + 8
    assert cost["snapshots_skipped"] == 0
    _train(MODES[:6], _options(tmp_path, run=tmp_path / "other", keep_best=None))
    assert "snapshot_bytes" not in cp.load(tmp_path / "other").info["cost"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (3, "keep_best is 3; expected the path of a file"),
        (("best", {"e.m.a": nn.Linear(1, 1)}), "further modules by name"),
        (("best", {"generator": nn.Linear(1, 1)}), "that is the attached one"),
        (".", "keep_best is the folder"),
    ],
)
def test_a_senseless_keep_best_is_refused_before_anything_is_made(given: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=said):
        cp.attach(nn.Linear(2, 2), run=tmp_path / "run", keep_best=given)
    assert not (tmp_path / "run").exists()


def test_a_probe_fed_by_hand_has_no_generator_to_keep(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="name those to keep"):
        cp.Probe(run=tmp_path / "run", keep_best=tmp_path / "best")
