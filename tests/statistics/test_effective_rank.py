import math

import pytest
import torch

from collapse_probe import statistics


def test_equal_directions_are_counted_and_unequal_ones_by_their_entropy() -> None:
    # Singular values 3 and 1 times root 2: shares 3/4 and 1/4.
    batch = torch.tensor([[3.0, 0, 0], [-3, 0, 0], [0, 1, 0], [0, -1, 0]])
    expected = math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    real = torch.cat([torch.eye(3), -torch.eye(3)])
    assert statistics.effective_rank(generated=batch, real=real) == pytest.approx(expected, rel=1e-9)
    assert statistics.effective_rank(generated=real, real=real) == pytest.approx(3, rel=1e-9)


@pytest.mark.parametrize("rank", [1, 2, 7])
def test_an_orthogonal_frame_of_k_directions_has_rank_k(rank: int, generator: torch.Generator) -> None:
    frame = torch.linalg.qr(torch.randn(30, 30, generator=generator, dtype=torch.float64)).Q[:rank]
    batch = torch.cat([frame, -frame]).repeat(3, 1)
    assert statistics.effective_rank(generated=batch, real=batch) == pytest.approx(rank, rel=1e-9)


def test_a_collapsed_batch_has_rank_one_wherever_it_is(generator: torch.Generator) -> None:
    real = torch.randn(200, 10, generator=generator)
    assert statistics.effective_rank(generated=torch.ones(50, 10), real=real) == pytest.approx(1, abs=1e-6)
    symmetric = torch.cat([torch.eye(10), -torch.eye(10)])
    assert statistics.effective_rank(generated=torch.zeros(50, 10), real=symmetric) == 1


def test_noise_fills_all_directions_and_fewer_modes_fewer(generator: torch.Generator) -> None:
    real = torch.randn(2000, 10, generator=generator)
    assert statistics.effective_rank(generated=real, real=real) == pytest.approx(10, rel=0.01)
    centers = torch.eye(10).repeat(20, 1)
    ranks = [float(statistics.effective_rank(generated=centers[:, :10][:k], real=centers)) for k in (2, 5, 10)]
    assert ranks == sorted(ranks) and ranks[0] < 0.5 * ranks[2]
