"""Portraits in small: colour, the sheets, the disk, and odd samples that are pointed out."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from PIL import Image

import collapse_probe as cp
from collapse_probe._report._neighbours import Neighbours, RealSamples

Example = Callable[[str], ModuleType]
SMALL = ["--size", "16", "--width", "1", "--batch", "16"]


@pytest.fixture
def portraits(example: Example, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = example("portraits")
    monkeypatch.setattr(module, "DRAWN", 64)
    return module


@pytest.mark.parametrize("own", [False, True], ids=["drawn", "own"])
def test_portraits_draws_a_sheet_at_every_interval_and_says_what_that_took(
    portraits: ModuleType, mixed: Path, tmp_path: Path, own: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(mixed)] if own else []
    portraits.main(
        [*SMALL, "--steps", "30", "--every", "10", "--sample-size", "16", "--run", str(tmp_path / "run"), *data]
    )
    run = cp.load(tmp_path / "run")
    assert run.sheets == [0, 10, 20]
    assert run.sheet(20).shape == (36, 3, 16, 16)
    assert run.batch(run.batches[-1]).shape[1:] == (3, 16, 16)
    said = capsys.readouterr().out
    assert "30 steps, 3 sheets" in said and "MB on disk" in said
    assert ("skipped" in said) == own


def test_sheets_stay_within_their_part_of_the_disk_limit(portraits: ModuleType, tmp_path: Path) -> None:
    limit = 1_000_000
    often = ["--every", "1", "--sample-size", "16", "--disk-limit", str(limit)]
    portraits.main([*SMALL, "--steps", "40", *often, "--run", str(tmp_path)])
    run = cp.load(tmp_path)
    # 36 pictures of 3 × 16 × 16 numbers of 4 bytes: 110 kB a sheet, a quarter of the limit for all.
    assert len(run.sheets) == 2 and run.thinned["sheets"] == 38
    assert sum(path.stat().st_size for path in (tmp_path / "captures").iterdir()) < 1.1 * limit


def test_all_red_and_fused_portraits_are_pointed_out_and_good_ones_hardly(
    portraits: ModuleType, tmp_path: Path
) -> None:
    portraits.DRAWN = 1024
    portraits.main(["--size", "32", "--planted", "--run", str(tmp_path)])
    run = cp.load(tmp_path)
    assert run.reference is not None
    mixed, fused, red = (Neighbours.of(run.batch(step), RealSamples(run.reference)).odd for step in range(3))
    assert mixed[-4:].all() and mixed[-8:-4].any()
    assert mixed[:-8].mean() < 0.05
    assert fused.mean() > 0.5
    assert red.all()


def test_photographs_are_cut_to_their_middle_square_in_colour(example: Example, tmp_path: Path) -> None:
    image = Image.new("RGB", (178, 218), (255, 0, 0))
    image.paste((0, 0, 255), (0, 0, 178, 18))
    image.paste((0, 0, 255), (0, 200, 178, 218))
    for index in range(32):
        image.save(tmp_path / f"{index}.png")
    pictures = example("_pictures").read(tmp_path, 64, colour=True)[0]
    assert pictures.shape == (32, 3, 64, 64)
    # Nothing of the blue ends but what the scaling makes of the last pixels.
    assert torch.equal(pictures[0, :, 8:-8, :], torch.tensor([1.0, -1, -1])[:, None, None].expand(3, 48, 64))


def test_drawn_portraits_are_aligned_and_in_colour(example: Example) -> None:
    drawn = example("_portraits").portraits(200, 32)
    assert drawn.shape == (200, 3, 32, 32)
    assert torch.equal(drawn, example("_portraits").portraits(200, 32))
    assert float((drawn[:, 0] - drawn[:, 2]).abs().mean()) > 0.2
    # Mouths are all at one place: there red leads over green by more than in the wall above the head.
    redness = (drawn[:, 0] - drawn[:, 1]).mean(dim=0)
    assert float(redness[20:24, 14:18].mean()) > float(redness[:3].mean()) + 0.2
