"""Targets of a least-squares loss, read off gradients that PyTorch computed."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from collapse_probe._recorder._targets import Targets, target_of

SCORES = torch.linspace(-0.4, 1.7, 16)


def _gradient(loss: object, scores: torch.Tensor = SCORES) -> np.ndarray:
    leaf = scores.clone().requires_grad_()
    loss(leaf).backward()  # type: ignore[operator]
    assert leaf.grad is not None
    return leaf.grad.numpy()


@pytest.mark.parametrize("target", [-1.0, 0.0, 0.9, 1.0])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_the_target_of_a_least_squares_loss_is_found(target: float, offset: float) -> None:
    scores = SCORES + offset
    gradient = _gradient(lambda s: 0.5 * (s - target - offset).square().mean(), scores)
    assert target_of(scores.numpy(), gradient) == pytest.approx(target + offset, abs=1e-3)


@pytest.mark.parametrize(
    "loss",
    [lambda s: F.softplus(-s).mean(), lambda s: -s.mean(), lambda s: F.relu(1 - s).mean(), lambda s: -(s**2).mean()],
    ids=["logistic", "critic", "hinge", "pushed away"],
)
def test_other_losses_have_none(loss: object) -> None:
    assert target_of(SCORES.numpy(), _gradient(loss)) is None


def test_a_generated_batch_scored_below_its_target_is_not_taken_for_real() -> None:
    targets, below = Targets(), SCORES - 2.0
    targets.learn(SCORES.numpy(), _gradient(lambda s: (s - 1).square().mean()))
    assert targets.is_real(below.numpy(), _gradient(lambda s: s.square().mean(), below), 1) is False
    above = SCORES + 2.0
    assert targets.is_real(above.numpy(), _gradient(lambda s: (s - 1).square().mean(), above), 1) is True


def test_where_real_has_the_lower_target_it_is_read_the_other_way_round() -> None:
    targets = Targets()
    targets.learn(SCORES.numpy(), _gradient(lambda s: s.square().mean()))
    assert targets.is_real(SCORES.numpy(), _gradient(lambda s: (s - 1).square().mean()), -1) is False
    assert targets.is_real(SCORES.numpy(), _gradient(lambda s: s.square().mean()), -1) is True
