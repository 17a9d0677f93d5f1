"""Diversity within each class: read against real samples of the class, and of that class alone."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from collapse_probe import toy
from collapse_probe._monitor import Reference, fit_reference, follow_classes
from collapse_probe._recorder import class_indices

RING = toy.ring(4, sigma=0.1)


def _drawn(rows: int, seed: int, *, classes: int = 4) -> tuple[Tensor, Tensor]:
    """Points whose class is the mode of the ring that they belong to."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (rows,), generator=generator)
    points = RING.centers[labels % 4].float() + 0.1 * torch.randn(rows, 2, generator=generator)
    return points, labels


def _reference(rows: int = 1024, *, classes: int = 4) -> Reference:
    points, labels = _drawn(rows, 0, classes=classes)
    return follow_classes(fit_reference(points, sample_size=128), points, labels)


def _columns(reference: Reference) -> list[str]:
    return [column for column in reference.bands if column.startswith("class_diversity")]


def test_fresh_real_data_read_inside_the_band_of_their_class() -> None:
    reference = _reference()
    rows = [reference.measure(*_drawn(128, seed)) for seed in range(1, 41)]
    for column in _columns(reference):
        values = [row[column] for row in rows]
        assert abs(reference.bands[column].z(float(np.mean(values)))) < 1.5
        assert 0.5 < reference.bands[column].sd / np.std(values) < 2
        assert np.mean(values) == pytest.approx(1, abs=0.15)


def test_a_class_that_is_one_point_reads_nought_and_the_others_as_before() -> None:
    reference = _reference()
    points, labels = _drawn(128, 1)
    healthy = reference.measure(points, labels)
    points[labels == 2] = points[labels == 2][0]
    collapsed = reference.measure(points, labels)
    assert collapsed["class_diversity.2"] == 0
    assert all(collapsed[f"class_diversity.{c}"] == healthy[f"class_diversity.{c}"] > 0.7 for c in (0, 1, 3))


def test_a_class_of_half_the_spread_reads_half() -> None:
    reference = _reference()
    points, labels = _drawn(128, 1)
    centre = RING.centers[1].float()
    before = reference.measure(points, labels)["class_diversity.1"]
    points[labels == 1] = centre + (points[labels == 1] - centre) / 2
    assert reference.measure(points, labels)["class_diversity.1"] == pytest.approx(before / 2)


def test_too_few_rows_of_a_class_are_undefined_and_unknown_labels_count_for_none() -> None:
    reference = _reference()
    points, labels = _drawn(128, 1)
    labels[labels == 3] = -1
    labels[torch.nonzero(labels == 0).flatten()[7:]] = -1
    row = reference.measure(points, labels)
    assert math.isnan(row["class_diversity.3"]) and math.isnan(row["class_diversity.0"])
    assert row["class_diversity.1"] > 0.5


def test_rows_that_are_not_finite_are_left_out_with_their_labels() -> None:
    reference = _reference()
    points, labels = _drawn(140, 1)
    clean = reference.measure(points, labels)
    spoilt = torch.cat([torch.full((3, 2), math.nan), points])
    row = reference.measure(spoilt, torch.cat([torch.tensor([0, 1, 2]), labels]))
    assert all(row[column] == clean[column] for column in _columns(reference))


def test_without_labels_a_capture_has_no_class_columns() -> None:
    reference = _reference()
    assert not [column for column in reference.measure(_drawn(128, 1)[0]) if column.startswith("class")]


def test_classes_with_few_real_rows_are_not_followed_and_at_most_64_are() -> None:
    points, labels = _drawn(1024, 0)
    labels[torch.nonzero(labels == 3).flatten()[31:]] = -1
    reference = follow_classes(fit_reference(points, sample_size=64), points, labels)
    assert _columns(reference) == ["class_diversity.0", "class_diversity.1", "class_diversity.2"]
    assert len(_columns(_reference(5000, classes=90))) == 64


def test_a_class_whose_real_samples_are_all_alike_is_not_followed() -> None:
    points, labels = _drawn(256, 0)
    points[labels == 1] = 0
    reference = follow_classes(fit_reference(points, sample_size=64), points, labels)
    assert "class_diversity.1" not in reference.bands and "class_diversity.0" in reference.bands


@pytest.mark.parametrize(
    ("labels", "indices"),
    [
        ([2, 0, 1], [2, 0, 1]),
        (np.array([2, 0, 1], np.uint8), [2, 0, 1]),
        (torch.tensor([[2], [0], [1]]), [2, 0, 1]),
        (torch.eye(3)[[2, 0, 1]], [2, 0, 1]),
        (torch.tensor([True, False, True]), [1, 0, 1]),
        ([0.5, 1.5, 2.5], None),
        ([0, 1], None),
        (["a", "b", "c"], None),
        (torch.zeros(3, 2, 2), None),
        (None, None),
    ],
)
def test_labels_are_class_indices_or_one_hot_rows(labels: object, indices: list[int] | None) -> None:
    found = class_indices(labels, 3)
    assert (None if found is None else found.tolist()) == indices
