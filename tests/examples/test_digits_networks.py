"""Digits by two networks in small, and what they are read by."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

import collapse_probe as cp

Example = Callable[[str], ModuleType]
SMALL = ["--steps", "30", "--width", "1", "--batch", "64"]


@pytest.mark.parametrize("own", [False, True], ids=["drawn", "own"])
def test_both_networks_are_recorded_and_compared(
    example: Example, mixed: Path, tmp_path: Path, own: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(mixed)] if own else []
    example("digits_networks").main([*SMALL, "--size", "16", "--run", str(tmp_path / "runs"), *data])
    rows = capsys.readouterr().out.partition("mode seeking")[2].splitlines()
    for name in ("dense", "convolutional"):
        run = cp.load(tmp_path / "runs" / name)
        assert run.sheet(run.sheets[-1]).shape == (64, 1, 16, 16)
        assert any(row.startswith(name) and row.split()[-1] != "nan" for row in rows)
    assert (tmp_path / "runs" / "report.html").is_file()
    assert any("%" in row for row in rows) != own


def test_as_wide_as_the_original_the_layers_are_the_original_ones(example: Example) -> None:
    generator, discriminator = example("digits_networks").convolutional(28, 64)
    dense = [module for module in generator.modules() if isinstance(module, torch.nn.Linear)]
    assert [layer.out_features for layer in dense] == [1024, 128 * 7 * 7]
    convolutions = [m for net in (generator, discriminator) for m in net.modules() if isinstance(m, torch.nn.Conv2d)]
    assert [c.kernel_size for c in convolutions] == [(5, 5)] * 4
    assert [c.stride for c in convolutions] == [(1, 1)] * 2 + [(2, 2)] * 2
    assert generator(torch.randn(2, 32)).shape == (2, 1, 28, 28)


def test_each_row_of_latents_turns_from_one_to_another_in_equal_steps(example: Example) -> None:
    rows = example("digits_networks").from_one_to_another().reshape(8, 8, 32).double()
    assert rows.norm(dim=-1).flatten().tolist() == pytest.approx([32**0.5] * 64, rel=1e-5)
    turned = (rows[:, 1:] * rows[:, :-1]).sum(-1).div(32).arccos()
    assert torch.allclose(turned, turned.mean(dim=1, keepdim=True), atol=1e-3)
    assert float(turned.min()) > 0.05


def test_real_digits_can_be_read_and_noise_and_grey_cannot(example: Example) -> None:
    module = example("_digits")
    pictures, labels = module.digits(28)
    reader = module.Reader(pictures, labels)
    share, kinds = reader(reader.unseen)
    assert share > 0.85 and kinds == 10
    noise = torch.rand(50, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert reader(noise) == (0.0, 0)
    assert reader(torch.zeros(50, 1, 28, 28)) == (0.0, 0)
    unread = reader.unseen[:20]
    assert reader(unread[labels[-len(reader.unseen) :][:20] == labels[-len(reader.unseen)]])[1] == 1


def test_roughness_is_nought_on_a_slope_and_two_on_a_chessboard(example: Example) -> None:
    roughness = example("_digits").roughness
    at = torch.arange(16.0)
    assert roughness((at[:, None] + at)[None, None]) == pytest.approx(0, abs=1e-6)
    board = ((at[:, None] + at) % 2 * 2 - 1)[None, None]
    assert roughness(board) == pytest.approx(2, rel=0.01)


def test_mnist_comes_from_a_file_by_either_names(example: Example, tmp_path: Path) -> None:
    images = np.arange(40 * 784, dtype=np.uint64).astype(np.uint8).reshape(40, 28, 28)
    labels = np.arange(40, dtype=np.uint8) % 10
    np.savez(tmp_path / "keras.npz", x_train=images, y_train=labels)
    np.savez(tmp_path / "own.npz", images=images, labels=labels)
    mnist = example("_digits").mnist
    read = [mnist(tmp_path / name, 28) for name in ("keras.npz", "own.npz")]
    assert torch.equal(read[0][0], read[1][0]) and read[0][1].tolist() == labels.tolist()
    assert read[0][0].shape == (40, 1, 28, 28)
    assert (float(read[0][0].min()), float(read[0][0].max())) == (-1, 1)
    assert mnist(tmp_path / "own.npz", 16)[0].shape == (40, 1, 16, 16)


@pytest.mark.parametrize("kind", ["missing", "no archive", "other names", "other sizes"])
def test_a_file_that_is_not_mnist_is_refused_with_what_was_expected(
    example: Example, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "mnist.npz"
    if kind == "no archive":
        path.write_text("digits")
    elif kind != "missing":
        names = ("x", "y") if kind == "other names" else ("images", "labels")
        np.savez(path, **dict(zip(names, (np.zeros((40, 20, 20), np.uint8), np.zeros(40, np.uint8)), strict=True)))
    with pytest.raises(SystemExit, match=r"expected an \.npz with x_train"):
        example("_digits").mnist(path, 28)


@pytest.mark.parametrize(("name", "size"), [("digits_networks", "30"), ("portraits", "40")])
def test_a_size_that_the_networks_cannot_make_is_refused_with_one_that_they_can(
    example: Example, name: str, size: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        example(name).main(["--size", size])
    assert "expected a multiple of" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["without_a_discriminator", "digits_networks", "portraits"])
def test_too_few_pictures_and_runs_too_short_are_told_of(
    example: Example, mixed: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="holds 20 pictures that can be read; expected at least 32"):
        example(name).main(["--data", str(mixed / "dogs"), "--run", str(tmp_path / "no")])
    assert not (tmp_path / "no").exists()
    short = ["--steps", "2", "--batch", "8", "--width", "1", "--size", "16", "--data", str(mixed)]
    example(name).main([*short, "--run", str(tmp_path / "short")])
    assert "insufficient_data" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["without_a_discriminator", "digits_networks", "portraits", "_digits", "_portraits"])
def test_an_example_is_short_enough_to_be_read(example: Example, name: str) -> None:
    assert len(Path(str(example(name).__file__)).read_text("utf-8").splitlines()) <= 150
