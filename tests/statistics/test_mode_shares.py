import pytest
import torch

from collapse_probe import statistics, toy


def test_shares_are_those_that_were_drawn_and_sum_to_one(ring: toy.Mixture) -> None:
    batch = ring.centers[[0] * 5 + [3] * 3 + [7] * 2]
    shares = statistics.mode_shares(generated=batch, real=ring.sample(50), modes=ring)
    assert isinstance(shares, torch.Tensor)
    assert shares.tolist() == [0.5, 0, 0, 0.3, 0, 0, 0, 0.2]


def test_samples_far_from_every_mode_count_for_the_nearest(ring: toy.Mixture) -> None:
    shares = statistics.mode_shares(generated=100 * ring.centers[[0, 0, 4]], real=ring.sample(50), modes=ring)
    assert isinstance(shares, torch.Tensor)
    assert shares[[0, 4]].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_a_label_that_real_data_do_not_have_is_left_out() -> None:
    real = torch.tensor([[0.0], [1.0]])
    batch = torch.tensor([[0.0], [1.0], [1.0], [6.0]])
    shares = statistics.mode_shares(generated=batch, real=real, modes=lambda rows: rows[:, 0].long())
    assert isinstance(shares, torch.Tensor)
    assert shares.tolist() == pytest.approx([1 / 3, 2 / 3])


def test_a_batch_that_is_not_finite_has_undefined_shares_one_for_each_mode(ring: toy.Mixture) -> None:
    batch = torch.tensor([[0.0, 0.0], [float("inf"), 0.0]])
    shares = statistics.mode_shares(generated=batch, real=ring.sample(50), modes=ring)
    assert isinstance(shares, torch.Tensor)
    assert shares.shape == (8,) and bool(shares.isnan().all())
