"""Generators without a discriminator in small, and posterior collapse in full."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import collapse_probe as cp

Example = Callable[[str], ModuleType]


@pytest.fixture
def without(example: Example, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = example("without_a_discriminator")
    digits = module.digits
    monkeypatch.setattr(module, "EM_ITERATIONS", 2)
    monkeypatch.setattr(module, "digits", lambda size: tuple(each[:80] for each in digits(size)))
    return module


@pytest.mark.parametrize("own", [False, True], ids=["drawn", "own"])
def test_each_model_is_recorded_and_has_a_line(
    without: ModuleType, mixed: Path, tmp_path: Path, own: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(mixed)] if own else []
    without.main(["--steps", "30", "--width", "4", "--batch", "16", "--run", str(tmp_path / "runs"), *data])
    said = capsys.readouterr().out
    for name in without.MODELS:
        run = cp.load(tmp_path / "runs" / name)
        assert len(run.steps) == (2 if name == "mixture" else 30)
        assert run.batches == ([0, 1] if name == "mixture" else [0, 25])
        capture = run.capture(run.batches[-1])
        assert capture["generated"].shape == (256, 1, 16, 16)
        assert (capture["labels"] if name == "mixture" else capture["latents"]).shape[0] == 256
        assert abs(capture["generated"]).max() <= 1
        assert f"\n{name} " in said.partition("latents in use")[2]
    assert ("skipped" in said) == own


def test_what_the_autoencoder_is_not_taught_is_not_recorded(without: ModuleType, tmp_path: Path) -> None:
    for name in ("autoencoder", "vae"):
        without.main(["--steps", "3", "--width", "4", "--batch", "16", "--model", name, "--run", str(tmp_path)])
    assert "divergence" not in cp.load(tmp_path / "autoencoder").steps
    # The loss is the reconstruction's and four times the divergence.
    steps = cp.load(tmp_path / "vae").steps
    assert (steps["reconstruction"] + 4 * steps["divergence"]).tolist() == pytest.approx(steps["loss_g"].tolist(), 1e-4)


def test_the_mixture_fits_better_with_each_iteration(without: ModuleType, example: Example, tmp_path: Path) -> None:
    without.EM_ITERATIONS, pictures = 6, example("_digits").digits(16)
    without.digits = lambda size: pictures
    without.main(["--model", "mixture", "--run", str(tmp_path)])
    run = cp.load(tmp_path / "mixture")
    losses = run.steps["loss_g"]
    assert (losses.diff().dropna() < 1e-9).all() and losses.iloc[0] > losses.iloc[-1] + 0.1
    # Kind by kind, one after another, these would change 19 times.
    kinds = run.capture(5)["labels"]
    assert len(set(kinds.tolist())) > 10 and (kinds[1:] != kinds[:-1]).sum() > 100


@pytest.mark.slow
def test_posterior_collapse_is_flagged_and_a_healthy_vae_is_not(example: Example, tmp_path: Path) -> None:
    module = example("without_a_discriminator")
    kinds, in_use = {}, {}
    for name in ("vae", "strict", "tightened"):
        module.main(["--model", name, "--run", str(tmp_path)])
        run = cp.load(tmp_path / name)
        kinds[name] = {(event.kind, event.severity) for event in run.event_list}
        in_use[name] = run.steps["active_latents"].dropna().iloc[-1]
    assert kinds["vae"] == set()
    assert ("never_fitted", "critical") in kinds["strict"]
    assert ("collapse", "critical") in kinds["tightened"]
    assert in_use["vae"] > 0 == in_use["strict"] == in_use["tightened"]
