"""The loops of docs/attach-to-yours.md: the watched twin trains to the same bits, and its loop was understood."""

import importlib.util
import math
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import collapse_probe as cp

ROOT = Path(__file__).parents[2]
LOOPS = ROOT / "examples" / "loops"
# How a script is made short, and how often it calls D on real, generated and in-between samples for each update of G.
SHORT = {
    "dcgan_tutorial": ("num_epochs = 20", "num_epochs = 2"),
    "generator_first": ("default=50", "default=2"),
    "wgan_gp": ("ITERATIONS = 2000", "ITERATIONS = 55"),
    "hinge_spectral_norm": ("STEPS = 1500", "STEPS = 55"),
    "stylegan_phases": ("KIMG = 100 ", "KIMG = 4 "),
    "lightning_manual": ("max_epochs=50", "max_epochs=2, enable_progress_bar=False, enable_model_summary=False"),
}
PASS = math.ceil(1797 / 64)
"""Batches of a pass over the digits."""
CALLS = {
    "dcgan_tutorial": {"real": 2 * PASS, "fake": 2 * PASS, "generator fake": 2 * PASS},
    "generator_first": {"real": 2 * PASS, "fake": 2 * PASS, "generator fake": 2 * PASS},
    "wgan_gp": {"real": 5 * 55, "fake": 5 * 55, "penalty": 5 * 55, "generator fake": 55},
    "hinge_spectral_norm": {"real": 2 * 55, "fake": 2 * 55, "generator fake": 55},
    # 62 batches in two rounds; R1 at every sixteenth.
    "stylegan_phases": {"real": 2 * 62, "fake": 2 * 62, "penalty": 2 * 4, "generator fake": 2 * 62},
    "lightning_manual": {"real": 2 * PASS, "fake": 2 * PASS, "generator fake": 2 * PASS},
}
UPDATES = {name: calls["generator fake"] for name, calls in CALLS.items()} | {"stylegan_phases": 62 + 16}
every_loop = pytest.mark.parametrize("name", SHORT)


@pytest.fixture
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("attach_page", ROOT / "docs" / "attach_page.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Away from the checkout, where the scripts write their runs; and no hyperparameters of pytest's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["script.py"])
    random_state = torch.get_rng_state()
    yield
    torch.set_rng_state(random_state)


def trained(path: Path, *more: tuple[str, str]) -> dict[str, Any]:
    """What a script leaves behind, made short and with more put in the place of some of it."""
    source = path.read_text("utf-8")
    for before, after in (SHORT[path.stem], *more):
        assert source.count(before) == 1
        source = source.replace(before, after)
    names: dict[str, Any] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        if "lightning" in source:
            warnings.simplefilter("ignore")  # its advice on loaders and loggers
            warnings.simplefilter("error", cp.errors.CollapseProbeWarning)
        exec(compile(source, path, "exec"), names)
    return names


def state(names: dict[str, Any]) -> dict[str, torch.Tensor]:
    """All that training changes: weights, buffers, moments, random state."""
    found = {"torch": torch.get_rng_state(), "numpy": torch.tensor(np.random.get_state()[1].astype(np.int64))}
    for name, value in names.items():
        if isinstance(value, nn.Module):
            found |= {f"{name}.{key}": tensor for key, tensor in value.state_dict().items()}
    optimizers = [value for value in names.values() if isinstance(value, torch.optim.Optimizer)]
    optimizers += names["trainer"].optimizers if "trainer" in names else []
    for at, optimizer in enumerate(optimizers):
        for index, moments in enumerate(optimizer.state.values()):
            found |= {f"optimizer {at}.{index}.{key}": value for key, value in moments.items()}
    return found


def test_the_page_is_what_the_scripts_are_now(maker: ModuleType) -> None:
    page = (ROOT / "docs" / "attach-to-yours.md").read_text("utf-8")
    assert page == maker.page(), "run: python docs/attach_page.py"
    assert sorted(maker.LOOPS_SHOWN) == sorted(SHORT) == sorted(path.stem for path in LOOPS.glob("*.py"))


@every_loop
def test_two_lines_are_all_that_is_added(maker: ModuleType, name: str) -> None:
    lines = maker.difference(name).splitlines()[2:]
    added = [line for line in lines if line.startswith("+")]
    assert [line for line in lines if line.startswith("-")] == []
    assert added[0] == "+import collapse_probe as cp"
    assert len(added) == 2 and re.fullmatch(r'\+probe = cp\.attach\([\w.]+, [\w.]+, run="runs/[\w-]+"\)', added[1])


@every_loop
def test_the_watched_script_trains_to_the_same_bits_and_its_loop_was_understood(name: str) -> None:
    plain = state(trained(LOOPS / f"{name}.py"))
    names = trained(LOOPS / "watched" / f"{name}.py")
    watched, probe = state(names), names["probe"]
    probe.close()
    assert probe.error is None
    assert plain.keys() == watched.keys() and sum("optimizer" in key for key in plain) > 10
    assert [key for key in plain if not torch.equal(plain[key], watched[key])] == []
    run = cp.load(probe.run)
    assert run.info["loop"]["calls"] == CALLS[name]
    assert run.info["loop"]["orientation"] == 1
    # Not the 5 that are left over at the end of a pass through the digits.
    assert run.info["loop"]["batch_size"] == (32 if name == "stylegan_phases" else 64)
    assert len(run.steps) == UPDATES[name]
    # No scores yet has the first step of a loop that begins with the generator, and none an update for the path length.
    scored = run.steps[["d_real", "d_fake"]].notna().all(axis=1)
    assert scored.sum() >= len(run.steps) - 1 - (16 if name == "stylegan_phases" else 0)
    assert len(run.batches) >= 1


def test_lightning_stops_when_the_probe_says_so(maker: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cp.Probe, "should_stop", property(lambda probe: True))
    attached, line = "probe = cp.attach(", "self.trainer.should_stop = self.probe.should_stop"
    assert f"+        {line}\n" in maker.STOP
    last = "        self.untoggle_optimizer(optimizer_d)\n"
    names = trained(
        LOOPS / "watched" / "lightning_manual.py",
        (attached, f"model.probe = {attached}"),
        (last, f"{last}        {line}\n"),
    )
    assert names["trainer"].global_step == 2  # one update of each network
    names["model"].probe.close()
