import math

import pytest
import torch
from torch import Tensor

from collapse_probe import statistics, toy
from collapse_probe.errors import InvalidArgument, UnknownName

RING = toy.ring(4, sigma=0.1)


def drawn(rows: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(4, (rows,), generator=generator)
    return RING.centers[labels] + 0.1 * torch.randn(rows, 2, generator=generator), labels


@pytest.mark.parametrize("name", ["coverage", "occupancy", "sliced_wasserstein", "mean_pairwise_distance"])
def test_each_class_has_what_its_own_samples_score(name: str) -> None:
    (batch, labels), (real, real_labels) = drawn(200, 0), drawn(400, 1)
    found = statistics.per_class(name, generated=batch, labels=labels, real=real, real_labels=real_labels)
    assert list(found) == [0, 1, 2, 3]
    for label, value in found.items():
        alone = getattr(statistics, name)(generated=batch[labels == label], real=real[real_labels == label])
        assert value == alone


def test_a_class_that_collapses_alone_shows_in_its_own_value_only() -> None:
    (batch, labels), (real, real_labels) = drawn(400, 0), drawn(400, 1)
    batch[labels == 2] = batch[labels == 2][0]
    whole = statistics.coverage(generated=batch, real=real)
    found = statistics.per_class("coverage", generated=batch, labels=labels, real=real, real_labels=real_labels)
    assert isinstance(whole, float) and whole > 0.65
    assert found[2] < 0.2 and all(found[label] > 0.8 for label in (0, 1, 3))


def test_options_and_vectors_go_through() -> None:
    (batch, labels), (real, real_labels) = drawn(200, 0), drawn(400, 1)
    found = statistics.per_class(
        "mode_shares", generated=batch, labels=labels, real=real, real_labels=real_labels, modes=RING
    )
    assert [int(torch.as_tensor(value).argmax()) for value in found.values()] == [0, 1, 2, 3]


def test_classes_with_few_samples_are_undefined_or_left_out() -> None:
    (batch, labels), (real, real_labels) = drawn(200, 0), drawn(400, 1)
    labels[torch.nonzero(labels == 0).flatten()[7:]] = -1
    real_labels[torch.nonzero(real_labels == 1).flatten()[31:]] = -1
    found = statistics.per_class("coverage", generated=batch, labels=labels, real=real, real_labels=real_labels)
    assert list(found) == [0, 2, 3] and math.isnan(float(found[0])) and float(found[2]) > 0.5
    nothing = statistics.per_class(
        "coverage", generated=batch, labels=labels, real=real, real_labels=torch.full((400,), -1)
    )
    assert nothing == {}


def test_labels_that_are_none_and_unknown_statistics_are_told_what_to_do() -> None:
    (batch, labels), (real, real_labels) = drawn(50, 0), drawn(100, 1)
    with pytest.raises(InvalidArgument, match=r"labels is torch.int64 of shape \(49,\) for 50 samples"):
        statistics.per_class("coverage", generated=batch, labels=labels[1:], real=real, real_labels=real_labels)
    with pytest.raises(UnknownName, match="no statistic called 'diversity'"):
        statistics.per_class("diversity", generated=batch, labels=labels, real=real, real_labels=real_labels)
