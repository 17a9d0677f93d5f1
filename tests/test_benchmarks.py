"""The benchmarks in small: they run, and what they call the truth is right."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import nn

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def ring_detection() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ring_detection", ROOT / "benchmarks" / "ring_detection.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Data classes look their module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_short_run_of_each_setting_gives_a_table(ring_detection: ModuleType) -> None:
    ring_gan = ring_detection.example()
    rows = [ring_detection.measure(ring_gan, setting, 1000, 60) for setting in ("collapsing", "healthy")]
    table = ring_detection.table(rows)
    assert "| collapsing | 1000 |" in table
    assert "Healthy runs that were stopped: 0 of 1." in table
    assert all(1 <= row.last_modes <= row.best_modes <= 8 for row in rows)


def test_the_true_onset_is_the_first_loss_of_half_that_lasts_300_steps(ring_detection: ModuleType) -> None:
    modes = [1.0] * 5 + [8.0] * 30 + [3.0] * 10 + [8.0] * 20 + [3.0] * 40 + [5.0] * 20
    assert ring_detection.onsets(modes) == (650, None)
    assert ring_detection.onsets([8.0] * 50 + [2.0] * 50) == (500, 500)
    assert ring_detection.onsets([8.0] * 100) == (None, None)


def test_the_watched_run_and_the_run_of_the_truth_have_the_same_weights(
    ring_detection: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the truth would be that of another run."""
    ring_gan = ring_detection.example()
    weights = []
    networks: list[nn.Module] = []
    for name, attach in (("run", ring_gan.cp.attach), ("truth", ring_detection.Onlooker)):

        def remember(*modules: nn.Module, watch: Callable[..., object] = attach, **options: object) -> object:
            networks.extend(modules)
            return watch(*modules, **options)

        monkeypatch.setattr(ring_gan.cp, "attach", remember)
        ring_gan.train(ring_gan.SETTINGS["collapsing"], seed=1000, steps=40, run=str(tmp_path / name))
        weights.append([value.clone() for network in networks for value in network.state_dict().values()])
        networks.clear()
    assert len(weights[0]) > 4
    assert all(torch.equal(a, b) for a, b in zip(*weights, strict=True))
