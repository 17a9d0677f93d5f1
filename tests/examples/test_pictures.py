"""A user's own folder of pictures: what can be read is used, what cannot is told of, and nothing is touched."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

Example = Callable[[str], ModuleType]


def test_every_kind_of_picture_is_read_and_every_other_file_is_named_with_its_reason(
    example: Example, mixed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in mixed.rglob("*") if path.is_file()}
    pictures, places = example("_pictures").read(mixed, 24)
    assert pictures.shape == (40, 1, 24, 24) and pictures.dtype == torch.float32
    assert -1 <= float(pictures.min()) < -0.5 and 0.5 < float(pictures.max()) <= 1
    assert sorted(places) == ["cats"] * 20 + ["dogs"] * 20
    first, *skipped = capsys.readouterr().out.splitlines()
    assert first.endswith("40 pictures read of 44 files, made 24×24 and grey")
    assert [line.split()[1] for line in skipped] == [
        str(Path(name)) + ":" for name in ("cats/notes.txt", "cats/odd.png", "dogs/empty.jpg", "dogs/torn.png")
    ]
    assert "no picture that Pillow knows" in skipped[0]
    assert "truncated" in skipped[3]
    assert before == {path: path.read_bytes() for path in mixed.rglob("*") if path.is_file()}


def test_a_folder_of_many_other_files_does_not_flood_the_terminal(
    example: Example, mixed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for index in range(100):
        (mixed / f"{index}.txt").touch()
    example("_pictures").read(mixed, 24)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 22
    assert lines[-1] == "  skipped 84 more"


@pytest.mark.parametrize("kind", ["missing", "a file", "empty", "few", "no pictures"])
def test_a_folder_that_is_of_no_use_ends_with_what_was_found_and_what_to_do(
    example: Example, tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / "pictures"
    if kind == "a file":
        folder.touch()
    elif kind != "missing":
        folder.mkdir()
    for index in range(3 if kind == "few" else 0):
        Image.new("L", (30, 30), 80).save(folder / f"{index}.png")
    if kind == "no pictures":
        (folder / "notes.txt").write_text("none")
    says = "is no folder; give one" if kind in ("missing", "a file") else f"holds {3 if kind == 'few' else 0} pictures"
    with pytest.raises(SystemExit, match=says) as ended:
        example("_pictures").read(folder, 24)
    assert str(folder) in str(ended.value)


def test_transparent_parts_are_white_and_wide_pictures_lose_their_ends(example: Example, tmp_path: Path) -> None:
    pictures = example("_pictures")
    clear = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    assert pictures.as_tensor(pictures.as_seen(clear), 16).min() == 1
    wide = np.full((20, 60), 255, np.uint8)
    wide[:, 20:40] = 0
    assert pictures.as_tensor(Image.fromarray(wide), 16).mean() < -0.98


def test_sixteen_bits_a_pixel_are_scaled_and_not_cut_off(example: Example, tmp_path: Path) -> None:
    Image.fromarray(np.full((20, 20), 32768, np.uint16)).save(tmp_path / "deep.png")
    pictures = example("_pictures")
    with Image.open(tmp_path / "deep.png") as image:
        assert abs(float(pictures.as_tensor(pictures.as_seen(image), 16).mean())) < 0.01


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_fewer_bits_in_sixteen_are_as_bright_as_they_were_taken(example: Example, tmp_path: Path, bits: int) -> None:
    ramp = np.linspace(0, 1, 64 * 64).reshape(64, 64)
    for index in range(32):
        # One picture has pure white; a dark one stays dark beside it.
        share = 1.0 if index == 7 else 0.1
        Image.fromarray((share * ramp * (2**bits - 1)).astype(np.uint16)).save(tmp_path / f"{index:02}.png")
    read, _ = example("_pictures").read(tmp_path, 64)
    expected = torch.from_numpy(2 * ramp - 1).float()
    assert (read[7, 0] - expected).abs().max() < 0.03
    assert (read[8, 0] - (0.1 * (expected + 1) - 1)).abs().max() < 0.03


def test_a_pass_shows_each_picture_once_and_few_pictures_are_a_batch(example: Example) -> None:
    stream = example("_pictures").batches(torch.arange(12), 4)
    assert sorted(torch.cat([next(stream) for _ in range(3)]).tolist()) == list(range(12))
    stream = example("_pictures").batches(torch.arange(5), 8)
    assert [sorted(next(stream).tolist()) for _ in range(2)] == [[0, 1, 2, 3, 4]] * 2


def test_a_large_photograph_looks_as_it_would_if_it_were_decoded_in_full(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    across = np.linspace(0, 255, 1600).astype(np.uint8)
    for index in range(32):
        Image.fromarray(np.tile(np.roll(across, 40 * index), (1200, 1))).save(tmp_path / f"{index}.jpg")
    fast, _ = example("_pictures").read(tmp_path, 24)
    monkeypatch.setattr(JpegImageFile, "draft", lambda *_: None)
    slow, _ = example("_pictures").read(tmp_path, 24)
    assert float((fast - slow).abs().max()) < 0.05


def test_a_device_that_is_not_there_is_refused_with_its_reason(
    example: Example, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        example("_pictures").parser("", "runs").parse_args(["--device", "abacus"])
    assert "abacus cannot be used (Expected one of cpu" in capsys.readouterr().err
