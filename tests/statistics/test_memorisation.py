import math

import numpy as np
import pytest
import torch
from scipy.spatial import KDTree
from scipy.stats import mannwhitneyu
from torch import Tensor

from collapse_probe import statistics
from collapse_probe.errors import InvalidArgument


def distances(sample: Tensor, train: Tensor) -> np.ndarray:
    return KDTree(train.double().numpy()).query(sample.double().numpy())[0]


@pytest.mark.parametrize("ties", [False, True])
def test_it_is_scipys_mann_whitney_of_the_distances_to_the_training_data(
    ties: bool, generator: torch.Generator
) -> None:
    def draw(rows: int, spread: float) -> Tensor:
        points = spread * torch.randn(rows, 2, generator=generator, dtype=torch.float64)
        return points.round() if ties else points

    fake, train, unseen = draw(80, 2.0), draw(200, 3.0), draw(60, 3.0)
    expected = mannwhitneyu(distances(unseen, train), distances(fake, train), method="asymptotic", use_continuity=False)
    found = statistics.memorisation(generated=fake, train=train, held_out=unseen)
    assert found.closer == pytest.approx(expected.statistic / (60 * 80), rel=1e-12)
    assert 2 * (1 - 0.5 * math.erfc(-abs(found.z) / math.sqrt(2))) == pytest.approx(expected.pvalue, rel=1e-6)
    assert (found.z > 0) == (found.closer > 0.5)


def test_a_generator_that_has_learnt_the_law_is_cleared(generator: torch.Generator) -> None:
    found = []
    for _ in range(60):
        fake, train, unseen = (torch.randn(rows, 5, generator=generator) for rows in (100, 150, 120))
        found.append(statistics.memorisation(generated=fake, train=train, held_out=unseen))
    z = torch.tensor([each.z for each in found])
    assert abs(float(z.mean())) < 4 * float(z.std()) / math.sqrt(60)
    assert 0.7 < float(z.std()) < 1.3
    assert np.mean([each.copies for each in found]) == pytest.approx(0.05, abs=0.02)


def test_one_copy_in_three_is_found_and_counted(generator: torch.Generator) -> None:
    fake, train, unseen = (torch.randn(300, 16, generator=generator) + 1000 for _ in range(3))
    fake[:100] = train[:100] + 0.01 * torch.randn(100, 16, generator=generator)
    found = statistics.memorisation(generated=fake, train=train, held_out=unseen)
    assert found.z > 5
    assert found.copies == pytest.approx(1 / 3 + 0.05 * 2 / 3, abs=0.05)


def test_noise_is_no_copy(generator: torch.Generator) -> None:
    train, unseen = torch.randn(200, 5, generator=generator), torch.randn(100, 5, generator=generator)
    found = statistics.memorisation(
        generated=4 * torch.randn(100, 5, generator=generator), train=train, held_out=unseen
    )
    assert found.z < -5 and found.closer < 0.2 and found.copies < 0.05


def test_a_collapse_onto_the_middle_of_the_data_looks_like_copying(generator: torch.Generator) -> None:
    train, unseen = torch.randn(2000, 2, generator=generator), torch.randn(300, 2, generator=generator)
    fake = 0.1 * torch.randn(300, 2, generator=generator)
    assert statistics.memorisation(generated=fake, train=train, held_out=unseen).z > 5
    assert float(statistics.coverage(generated=fake, real=train, normalised=True)) < 0.2  # type: ignore[arg-type]


def test_one_picture_in_all_three_leaves_only_the_rank_statistic_undefined() -> None:
    same = torch.full((9, 3), 0.1)
    found = statistics.memorisation(generated=same, train=same, held_out=same)
    assert (found.closer, found.copies) == (0.5, 0.0) and math.isnan(found.z)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_diverged_generator_is_undefined(bad: float, generator: torch.Generator) -> None:
    real = torch.randn(20, 3, generator=generator)
    fake = real.clone()
    fake[2, 1] = bad
    found = statistics.memorisation(generated=fake, train=real, held_out=real + 1)
    assert all(math.isnan(value) for value in (found.closer, found.z, found.copies))


@pytest.mark.parametrize("dtype", [torch.float16, torch.int32, torch.uint8, torch.bool])
def test_any_real_type_will_do_and_arrays_too(dtype: torch.dtype, generator: torch.Generator) -> None:
    fake, train, unseen = (torch.randint(2, (30, 6), generator=generator) for _ in range(3))
    expected = statistics.memorisation(generated=fake.double(), train=train.double(), held_out=unseen.double())
    as_type = {"generated": fake.to(dtype), "train": train.to(dtype), "held_out": unseen.to(dtype).numpy()}
    assert statistics.memorisation(**as_type) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"generated": torch.zeros(1, 3)}, r"generated has shape \(1, 3\); expected \(n, d\) with n >= 2"),
        ({"train": torch.zeros(0, 3)}, r"train has shape \(0, 3\); expected"),
        ({"held_out": torch.zeros(4, 2)}, "held_out has 2 columns and train has 3; embed both the same way"),
        ({"held_out": torch.full((4, 3), math.nan)}, "held_out holds NaN or infinity in 4 of 4 rows.*leave them out"),
        ({"train": torch.zeros(4, 3, dtype=torch.complex64)}, "train is torch.complex64; expected real numbers"),
        ({"generated": torch.zeros(4, 3, device="meta")}, "generated is on meta and train on cpu; move one"),
        ({"held_out": "real"}, "held_out is a str that is no array of numbers"),
        ({"level": 0.0}, "level is 0.0; expected a share of held-out samples"),
    ],
    ids=lambda given: "" if isinstance(given, str) else None,
)
def test_misuse_is_explained(arguments: dict[str, object], message: str) -> None:
    given = {name: torch.eye(3) for name in ("generated", "train", "held_out")}
    with pytest.raises(InvalidArgument, match=message):
        statistics.memorisation(**(given | arguments))
