"""The benchmarks of modes and embeddings in small, and the toy protocol."""

import importlib
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch

ROOT = Path(__file__).parents[2]


def imported(name: str) -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        before = set(sys.modules)
        yield importlib.import_module(name)
        for added in set(sys.modules) - before:
            if added.partition(".")[0] in ("_diversity", "_page", "_claims", "toy_protocol"):
                patch.delitem(sys.modules, added)


@pytest.fixture(scope="module")
def embeddings() -> Iterator[ModuleType]:
    yield from imported("_diversity.embeddings")


@pytest.fixture(scope="module")
def pictures() -> Iterator[ModuleType]:
    yield from imported("_diversity.pictures")


@pytest.fixture(scope="module")
def toy_protocol() -> Iterator[ModuleType]:
    yield from imported("toy_protocol")


def test_every_claim_about_modes_is_measured() -> None:
    for modes in imported("_diversity.modes"):
        heading, text = modes.measure(True)
        assert heading == "Modes, bins, embeddings"
        assert text.count("150 ms") == 5 and "25 modes" in text and "torchmetrics" in text


def test_the_area_under_the_curve_counts_ties_and_unknown_values_half(embeddings: ModuleType) -> None:
    assert embeddings.auc([1.0, 1.0], [2.0]) == 1
    assert embeddings.auc([3.0], [2.0, 4.0]) == 0.5
    assert embeddings.auc([1.0], [1.0]) == embeddings.auc([math.nan], [1.0]) == 0.5


def test_shapes_of_a_class_look_alike_but_for_place_size_and_colour(pictures: ModuleType) -> None:
    images, labels = pictures.shapes(32, 200)
    assert images.shape == (200, 3, 32, 32) and 0 <= float(images.min()) and float(images.max()) <= 1
    assert sorted(labels.unique().tolist()) == list(range(10))


def test_an_embedding_is_judged_on_batches_of_known_variety(embeddings: ModuleType, pictures: ModuleType) -> None:
    kinds = [(kind, bad) for kind, bad, _ in pictures.batches(pictures.digits(), 16, 2)]
    assert len(kinds) == 18 and sum(bad for _, bad in kinds) == 8
    row = embeddings.measured("digits", pictures.digits(), "average_pool", draws=1)
    assert row.aucs["matched_occupancy"] > 0.95
    assert embeddings.table([row]).count("\n") == 2


def test_the_networks_of_the_toy_protocol_have_the_published_form(toy_protocol: ModuleType) -> None:
    settings = toy_protocol.PUBLISHED_SETTINGS
    generator, discriminator = toy_protocol.networks(settings, 2)
    # Four layers of 400 with scale and shift and no bias, then a biased one; three maxouts of 200 times 5, then one.
    assert sum(p.numel() for p in generator.parameters()) == 2 * 400 + 3 * 400**2 + 4 * 2 * 400 + 2 * 400 + 2
    first, hidden = (4 + 1) * 5 * 200, (200 + 1) * 5 * 200
    assert sum(p.numel() for p in discriminator.parameters()) == first + 2 * hidden + 201


def test_a_row_of_the_toy_protocol_goes_on_where_it_was_stopped(
    toy_protocol: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = toy_protocol.Settings(steps=3)
    first = toy_protocol.samples_of("ring", "PacGAN2", 0, settings=settings, work=tmp_path)
    assert first.shape == (2500, 2)
    assert torch.equal(first, toy_protocol.train(toy_protocol.DATA["ring"], 2, settings, seed=200))
    monkeypatch.setattr(toy_protocol, "train", lambda *_, **__: pytest.fail("trained again"))
    assert torch.equal(first, toy_protocol.samples_of("ring", "PacGAN2", 0, settings=settings, work=tmp_path))


def test_the_oracle_scores_the_oracle_row_and_is_measured_against_the_published_ones(toy_protocol: ModuleType) -> None:
    ring = toy_protocol.DATA["ring"]
    found = toy_protocol.scores(ring, [ring.sample(2500) for _ in range(4)])
    assert found["modes"].mean == 8 and found["missing"].mean == 0
    assert abs(found["quality"].mean - 98.889) < 4 * 0.21 / 2
    text = toy_protocol.text({"ring PacGAN2": found, "ring oracle": found}, toy_protocol.Settings(steps=3), 4)
    assert "| 8.0 ± 0.0 (+1.0) | 7.9 ± 0.1 |" in text and "within 2 standard errors" in text and "steps=3" in text
