import math

import pytest
import torch

from collapse_probe import statistics


@pytest.mark.parametrize(("n", "m"), [(50, 200), (300, 60)])
def test_equal_laws_score_one_whatever_the_sizes(n: int, m: int, generator: torch.Generator) -> None:
    # A sample is among the k nearest of a real one, m - 1 others and itself to choose from, with chance k / m.
    values = torch.tensor(
        [
            statistics.density(
                generated=torch.randn(n, 2, generator=generator), real=torch.randn(m, 2, generator=generator)
            )
            for _ in range(40)
        ]
    )
    assert abs(float(values.mean()) - 1) < 4 * float(values.std()) / math.sqrt(40)


def test_it_counts_neighbourhoods_and_may_exceed_one() -> None:
    cross = torch.tensor([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    assert statistics.density(generated=torch.zeros(7, 2), real=cross, k=1) == 5
    assert statistics.density(generated=torch.zeros(7, 2) + 9, real=cross, k=1) == 0
