import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from collapse_probe.statistics import _distances, _neighbour_statistic, _neighbours

DIMENSIONS = 12


@pytest.fixture(autouse=True)
def small_samples_are_filtered_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_neighbours, "_FEWEST", 0)


def normal(rows: int, generator: torch.Generator) -> Tensor:
    return torch.randn(rows, DIMENSIONS, generator=generator, dtype=torch.float64)


def near_ties(rows: int, generator: torch.Generator) -> Tensor:
    """Every tenth row has five companions that float32 cannot tell from it."""
    sample = normal(rows, generator)
    for companion in range(1, 6):
        sample[companion::10] = sample[: rows - companion : 10][: len(sample[companion::10])]
    return sample + 1e-9 * normal(rows, generator)


DATA: dict[str, Callable[[int, torch.Generator], Tensor]] = {
    "normal": normal,
    "far away": lambda rows, generator: normal(rows, generator) + 1e3,
    "near ties": near_ties,
    "far away and near ties": lambda rows, generator: near_ties(rows, generator) + 1e3,
    "tiny": lambda rows, generator: 1e-22 * near_ties(rows, generator),
    "huge": lambda rows, generator: 1e150 * normal(rows, generator),
    "of many scales": lambda rows, generator: normal(rows, generator) * 10 ** (2 * normal(rows, generator)[:, :1]),
    "whole numbers": lambda rows, generator: torch.randint(2, (rows, DIMENSIONS), generator=generator).double(),
    "alike": lambda rows, generator: torch.ones(rows, DIMENSIONS, dtype=torch.float64),
}


def by_differences(first: Tensor, second: Tensor) -> Tensor:
    return torch.stack([(row - second).square().sum(dim=1) for row in first])


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("rank", [1, 6])
def test_the_neighbour_of_a_rank_is_that_of_float64(name: str, rank: int, generator: torch.Generator) -> None:
    rows = DATA[name](1100, generator)
    found = _neighbours.nearest(rows[:300], rows, rank)
    expected = by_differences(rows[:300], rows).kthvalue(rank, dim=1).values
    norms = rows[:300].square().sum(dim=1) + rows.square().sum(dim=1).amax()
    assert bool(((found - expected).abs() <= 1e-13 * expected + 1e-14 * norms).all())


@pytest.mark.parametrize("name", DATA)
def test_balls_hold_what_they_hold_in_float64(name: str, generator: torch.Generator) -> None:
    points, centers = DATA[name](1000, generator), DATA[name](1203, generator)
    center = centers.mean(dim=0)
    points, centers = points - center, centers - center
    squared = by_differences(points, centers)
    radii, own = squared.kthvalue(3, dim=0).values, squared.kthvalue(2, dim=1).values
    found = _neighbour_statistic.inside(points, centers, squared_radii=radii, own_squared_radii=own)
    lowered = squared - _distances.TIES * (points.square().sum(dim=1)[:, None] + centers.square().sum(dim=1))
    assert torch.equal(found.counts, (lowered <= radii).sum(dim=1).int())
    assert torch.equal(found.hit, (lowered <= radii).any(dim=0))
    assert torch.equal(found.held, (lowered <= own[:, None]).any(dim=0))


@pytest.mark.parametrize("name", sorted(set(DATA) - {"huge"}))
@pytest.mark.parametrize("rows", [1, 999])
def test_no_bound_lies_above_the_distance_and_few_far_below(name: str, rows: int, generator: torch.Generator) -> None:
    first, second = DATA[name](rows, generator), DATA[name](1100, generator)
    bounds = torch.cat([block.double() for _, block in _neighbours._bounds(first, second)])
    squared = by_differences(first, second)
    norms = first.square().sum(dim=1)[:, None] + second.square().sum(dim=1)
    assert bool((bounds <= squared - _distances.TIES * norms).all())
    assert bool((bounds >= squared - 4 * (DIMENSIONS + 16) * 2.0**-24 * norms - 1e-35).all())


def test_normal_data_need_float64_for_hardly_any_row(
    generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []

    def watched(first: Tensor, second: Tensor, slack: float = 0.0) -> object:
        looked_at.append(len(first))
        return _distances.squared_blocks(first, second, slack)

    monkeypatch.setattr(_neighbours, "squared_blocks", watched)
    monkeypatch.setattr(_neighbour_statistic, "squared_blocks", watched)
    rows, others = normal(1500, generator), normal(1500, generator)
    radii = _neighbours.nearest(rows, rows, 2)
    _neighbour_statistic.inside(others, rows, squared_radii=radii, own_squared_radii=None)
    assert sum(looked_at) < 15


@pytest.mark.parametrize("found", [0, 1, 20, 400])
@pytest.mark.parametrize("shape", [(1, 5), (7, 1001), (40, 1000)])
def test_places_are_those_that_are_true(found: int, shape: tuple[int, int], generator: torch.Generator) -> None:
    mask = torch.zeros(shape, dtype=torch.bool)
    mask.view(-1)[torch.randint(mask.numel(), (found,), generator=generator)] = True
    places = _neighbours._places(mask)
    if places is None:
        assert mask.sum() > mask.numel() / 128
    else:
        assert torch.equal(places.sort().values, mask.flatten().nonzero().flatten())


def test_products_in_a_shorter_type_are_not_relied_on(
    generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = normal(1100, generator)

    def blocks() -> int:
        return len(list(_neighbours._bounds(rows, rows)))

    assert blocks() > 0
    with torch.autocast("cpu"):
        assert blocks() == 0
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        assert blocks() == 0
    finally:
        torch.set_float32_matmul_precision(before)
    monkeypatch.setenv("DNNL_DEFAULT_FPMATH_MODE", "BF16")
    assert blocks() == 0


def test_numbers_that_are_not_finite_are_left_to_float64(generator: torch.Generator) -> None:
    rows = normal(1100, generator)
    for value in (math.nan, math.inf):
        rows[0, 0] = value
        assert not list(_neighbours._bounds(rows, rows))
