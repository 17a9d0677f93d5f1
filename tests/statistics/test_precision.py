import math

import pytest
import torch

from collapse_probe import statistics


def test_it_is_the_definition(generator: torch.Generator) -> None:
    # Whole numbers, many at exactly the same distance: ties count as inside.
    generated = torch.randint(6, (30, 2), generator=generator).tolist()
    real = torch.randint(5, (20, 2), generator=generator).tolist()
    inside = 0
    for sample in generated:
        inside += any(
            math.dist(sample, point) <= sorted(math.dist(point, other) for j, other in enumerate(real) if j != i)[2]
            for i, point in enumerate(real)
        )
    assert 0 < inside < 30
    value = statistics.precision(generated=torch.tensor(generated), real=torch.tensor(real), k=3)
    assert value == pytest.approx(inside / 30, abs=1e-12)


def test_one_good_picture_is_precise(generator: torch.Generator) -> None:
    real = torch.randn(40, 3, generator=generator)
    assert statistics.precision(generated=real[:1].repeat(20, 1), real=real) == 1
    assert statistics.precision(generated=torch.full((20, 3), 9.0), real=real) == 0
