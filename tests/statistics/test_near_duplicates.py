import math

import pytest
import torch

from collapse_probe import statistics, toy
from collapse_probe.errors import InvalidArgument


def test_real_data_of_the_size_of_the_reference_score_the_level(generator: torch.Generator) -> None:
    real = torch.randn(1000, 3, generator=generator)
    assert statistics.near_duplicates(generated=real, real=real) == pytest.approx(0.05, abs=0.002)
    fresh = statistics.near_duplicates(generated=torch.randn(1000, 3, generator=generator), real=real)
    assert fresh == pytest.approx(0.05, abs=4 * math.sqrt(2 * 0.05 / 1000))


def test_fewer_real_samples_score_in_proportion(generator: torch.Generator) -> None:
    real = torch.randn(1000, 3, generator=generator)
    values = torch.tensor(
        [statistics.near_duplicates(generated=torch.randn(250, 3, generator=generator), real=real) for _ in range(20)]
    )
    assert abs(float(values.mean()) - 0.05 / 4) < 4 * float(values.std()) / math.sqrt(20) + 0.002


def test_copies_with_a_grain_are_found_and_a_healthy_batch_far_off_shows_none(generator: torch.Generator) -> None:
    real = (1000 + 0.01 * torch.randn(500, 64, generator=generator)).float()
    other = (1000 + 0.01 * torch.randn(500, 64, generator=generator)).float()
    value = statistics.near_duplicates(generated=other, real=real)
    assert isinstance(value, float) and value < 0.15
    copies = other[:20].repeat(10, 1).double() + 1e-4 * torch.randn(200, 64, generator=generator)
    assert statistics.near_duplicates(generated=copies, real=real) == 1


def test_half_of_the_batch_repeated_is_half(ring: toy.Mixture, generator: torch.Generator) -> None:
    batch = 100 * torch.randn(40, 8, generator=generator)
    batch[20:] = batch[20]
    assert statistics.near_duplicates(generated=batch, real=torch.randn(200, 8, generator=generator)) == 0.5


@pytest.mark.parametrize(("copies", "expected"), [(1, 0.0), (2, 0.2)])
def test_where_real_data_repeat_themselves_only_exact_copies_count(copies: int, expected: float) -> None:
    real = torch.arange(6.0).repeat(2)[:, None]
    batch = torch.cat([torch.arange(11 - copies).float() + 0.5, torch.zeros(copies - 1) + 0.5])[:, None]
    assert statistics.near_duplicates(generated=batch, real=real) == pytest.approx(expected)


def test_a_day_is_shared_by_23_people_every_other_time(generator: torch.Generator) -> None:
    days = torch.arange(365.0)[:, None]
    statistic = statistics.get("near_duplicates")
    state = statistic.fit(days) | {"squared_threshold": torch.tensor(0.25, dtype=torch.float64)}
    draws = [
        statistic.compute(days[torch.randint(365, (23,), generator=generator)], state) > 0  # type: ignore[operator]
        for _ in range(2000)
    ]
    share, expected = sum(draws) / 2000, 1 - math.prod(1 - i / 365 for i in range(23))
    assert expected == pytest.approx(0.507, abs=0.001)
    assert abs(share - expected) < 4 * math.sqrt(0.25 / 2000)


@pytest.mark.parametrize("name", ["near_duplicates", "support_size"])
@pytest.mark.parametrize("level", [0.0, -0.1, 1.5, math.nan])
def test_a_level_that_is_no_share_is_refused(name: str, level: float) -> None:
    with pytest.raises(InvalidArgument, match=f"level is {level}; expected a share of real samples"):
        getattr(statistics, name)(generated=torch.eye(3), real=torch.eye(3), level=level)
