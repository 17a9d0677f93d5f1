"""Losses of both players, by the field's names."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, relu, softplus

Score = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Loss:
    """`of_d(real scores, fake scores)` and `of_g(fake scores)`, both to be made small."""

    of_d: Callable[[Tensor, Tensor], Tensor]
    of_g: Callable[[Tensor], Tensor]


def _noisy_of_d(real: Tensor, fake: Tensor) -> Tensor:
    """Targets of Foster, Generative Deep Learning, 2nd ed., chapter 4: noise that leads outside of [0, 1].

    Probabilities are clipped at 1e-7 as Keras does, or the loss would have no lower bound.
    """
    p, q = (score.sigmoid().clamp(1e-7, 1 - 1e-7) for score in (real, fake))
    up, down = 1 + 0.1 * torch.rand_like(p), -0.1 * torch.rand_like(q)
    of_real = -(up * p.log() + (1 - up) * (1 - p).log()).mean()
    of_fake = -(down * q.log() + (1 - down) * (1 - q).log()).mean()
    return 0.5 * (of_real + of_fake)


def _smoothed_of_d(real: Tensor, fake: Tensor) -> Tensor:
    """One-sided label smoothing, Salimans et al. 2016, section 3.4: real samples have the target 0.9."""
    return 0.9 * softplus(-real).mean() + 0.1 * softplus(real).mean() + softplus(fake).mean()


LOSSES = {
    "vanilla": Loss(lambda r, f: softplus(-r).mean() + softplus(f).mean(), lambda f: softplus(-f).mean()),
    "hinge": Loss(lambda r, f: relu(1 - r).mean() + relu(1 + f).mean(), lambda f: -f.mean()),
    "least-squares": Loss(lambda r, f: (r - 1).square().mean() + f.square().mean(), lambda f: (f - 1).square().mean()),
    "wasserstein": Loss(lambda r, f: f.mean() - r.mean(), lambda f: -f.mean()),
    "smoothed": Loss(_smoothed_of_d, lambda f: softplus(-f).mean()),
    "label-noise": Loss(_noisy_of_d, lambda f: binary_cross_entropy_with_logits(f, torch.ones_like(f))),
}


def r1_penalty(score: Score, real: Tensor, fake: Tensor) -> Tensor:
    """Mescheder et al. 2018, eq. 9: half the mean squared gradient at real samples."""
    real = real.detach().requires_grad_()
    (slope,) = torch.autograd.grad(score(real).sum(), real, create_graph=True)
    squares: Tensor = slope.flatten(1).square().sum(1)
    return squares.mean() / 2


def gradient_penalty(score: Score, real: Tensor, fake: Tensor) -> Tensor:
    """Gulrajani et al. 2017, eq. 3: between real and generated samples the gradient's norm should be 1."""
    mix = torch.rand(len(real), *(1 for _ in real.shape[1:]))
    between = (mix * real + (1 - mix) * fake.detach()).requires_grad_()
    (slope,) = torch.autograd.grad(score(between).sum(), between, create_graph=True)
    norms: Tensor = slope.flatten(1).norm(dim=1)
    return (norms - 1).square().mean()


PENALTIES = {"r1": r1_penalty, "gradient": gradient_penalty}
