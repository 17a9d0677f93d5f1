import math

import pytest
import torch
from torch import Tensor

from collapse_probe import embeddings, statistics


def corners(counts: list[int], generator: torch.Generator) -> Tensor:
    """`counts[k]` points around the k-th corner of a cube of side 10."""
    cube = 10 * torch.cartesian_prod(*[torch.arange(2.0)] * 3)
    labels = torch.repeat_interleave(torch.arange(8), torch.tensor(counts))
    return cube[labels] + 0.01 * torch.randn(len(labels), 3, generator=generator)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([10] * 8, 8.0),
        ([40, 0, 0, 0, 0, 0, 0, 0], 1.0),
        ([20, 0, 20, 0, 0, 20, 0, 0], 3.0),
        # H = 3/4 ln(4/3) + 1/4 ln 4
        ([30, 10, 0, 0, 0, 0, 0, 0], math.exp(0.75 * math.log(4 / 3) + 0.25 * math.log(4))),
    ],
)
def test_it_is_exp_of_the_entropy_of_the_cells_visited(
    counts: list[int], expected: float, generator: torch.Generator
) -> None:
    # Eight distinct rows make eight cells, one on each corner, in every fit.
    real = (10 * torch.cartesian_prod(*[torch.arange(2.0)] * 3)).repeat(20, 1)
    value = statistics.occupancy(generated=corners(counts, generator), real=real)
    assert value == pytest.approx(expected, rel=1e-12)


def test_distance_from_the_cell_does_not_matter(generator: torch.Generator) -> None:
    real = corners([50] * 8, generator)
    batch = corners([5] * 8, generator)
    outward = batch + 5 * (batch - 5).sign()
    values = [statistics.occupancy(generated=each, real=real, cells=8) for each in (batch, outward)]
    assert values[0] == pytest.approx(values[1], rel=1e-12)


def test_few_digits_visit_few_cells(digits: Tensor, generator: torch.Generator) -> None:
    rows = embeddings.choose((8, 8))(digits)
    statistic = statistics.get("occupancy")
    state = statistic.fit(rows[:1000])
    healthy = statistic.compute(rows[1000:1128], state)
    three = digits[1000:1003][torch.randint(3, (128,), generator=generator)]
    three = three + 0.05 * torch.randn(three.shape, generator=generator, dtype=torch.float64)
    collapsed = statistic.compute(embeddings.choose((8, 8))(three), state)
    assert isinstance(healthy, float) and isinstance(collapsed, float)
    assert 14 < healthy < 20
    # The published rule alarms below 0.40.
    assert collapsed / healthy < 0.25
