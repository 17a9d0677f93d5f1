"""The pages of portraits, digits by two networks and generators without a discriminator, from runs in small."""

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch

import collapse_probe as cp

SMALL = ["--size", "16", "--width", "1", "--steps", "40", "--batch", "16"]
Example = Callable[[str], ModuleType]


def written(pages: ModuleType, folder: Path, name: str) -> str:
    """The page, whose pictures are all there."""
    pages.main([str(folder / "build"), "--only", name, "--output", str(folder)])
    text = (folder / f"{name}.md").read_text("utf-8")
    shown = re.findall(r"!\[.+?\]\((.+?)\)", text)
    assert shown and sorted(shown) == sorted(picture.name for picture in folder.glob("*.png"))
    return text


@pytest.mark.browser
def test_the_page_of_portraits_counts_what_lies_on_the_disk_and_what_is_framed(
    example: Example, pages: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, runs = example("portraits"), tmp_path / "build" / "portraits"
    monkeypatch.setattr(module, "DRAWN", 300)
    often = ["--every", "1", "--sample-size", "16", "--disk-limit", "1000000"]
    module.main([*SMALL, "--every", "5", "--sample-size", "16", "--run", str(runs / "faces")])
    module.main([*SMALL, *often, "--run", str(runs / "sheets")])
    module.main(["--planted", "--size", "16", "--run", str(runs / "planted")])
    (runs / "watch.log").write_text("step 7 of 40\n\n")
    text = written(pages, tmp_path, "portraits")
    sheets = runs / "sheets" / "sheets"
    kept = [path.stat().st_size for path in sheets.iterdir()]
    assert f"| sheets | 40 | {len(kept)} | {sum(kept) / 1e6:.1f} | 0.2 |" in text
    assert "```text\nstep 7 of 40\n```" in text
    assert "| all red | 150 | 150 | 100% |" in text


@pytest.mark.browser
def test_the_page_of_generators_without_a_discriminator_has_a_row_for_each_model_and_seed(
    example: Example, pages: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, runs = example("without_a_discriminator"), tmp_path / "build" / "without_a_discriminator"
    monkeypatch.setattr(module, "EM_ITERATIONS", 2)
    for seed in ("0", "1"):
        module.main([*SMALL, "--seed", seed, "--run", str(runs / seed)])
    text = written(pages, tmp_path, "without_a_discriminator")
    rows = [line.split(" | ")[:2] for line in text.splitlines() if re.match(r"\| \w+ \| \d \|", line)]
    assert rows == [[f"| {name}", seed] for name in module.MODELS for seed in ("0", "1")]
    assert "seeds 0 and 1" in text


@pytest.mark.browser
def test_the_page_of_digits_by_two_networks_has_the_numbers_of_its_runs(
    example: Example, pages: ModuleType, tmp_path: Path
) -> None:
    module, runs = example("digits_networks"), tmp_path / "build" / "digits_networks"
    module.main([*SMALL, "--batch", "64", "--run", str(runs)])
    text = written(pages, tmp_path, "digits_networks")
    for name in module.NETWORKS:
        run = cp.load(runs / name)
        roughness = example("_digits").roughness(torch.from_numpy(run.batch(run.batches[-1])))
        row = next(line for line in text.splitlines() if line.startswith(f"| {name} |"))
        assert row.split(" | ")[3] == f"{roughness:.2f}"
