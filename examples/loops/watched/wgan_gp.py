"""Five steps of a critic that a gradient penalty keeps smooth, then one of the generator."""

from collections.abc import Iterator

import collapse_probe as cp
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

N_CRITIC = 5
LAMBDA = 10  # weight of the penalty
BATCH = 64
Z = 32
ITERATIONS = 2000

torch.manual_seed(0)
data = torch.tensor(load_digits().data, dtype=torch.float32) / 8 - 1


def inf_train() -> Iterator[Tensor]:
    while True:
        yield from data[torch.randperm(len(data))].split(BATCH)


def gradient_penalty(critic: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    alpha = torch.rand(len(real), 1)
    between = (alpha * real + (1 - alpha) * fake).requires_grad_()
    scores = critic(between)
    (gradients,) = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)
    return (gradients.norm(2, dim=1) - 1).square().mean()


generator = nn.Sequential(nn.Linear(Z, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 64), nn.Tanh())
critic = nn.Sequential(nn.Linear(64, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1))
probe = cp.attach(generator, critic, run="runs/wgan-gp")
opt_g = torch.optim.Adam(generator.parameters(), lr=1e-4, betas=(0.0, 0.9))
opt_c = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.0, 0.9))
batches = inf_train()

for iteration in range(ITERATIONS):
    for _ in range(N_CRITIC):
        real = next(batches)
        with torch.no_grad():
            fake = generator(torch.randn(len(real), Z))
        wasserstein = critic(real).mean() - critic(fake).mean()
        critic_loss = -wasserstein + LAMBDA * gradient_penalty(critic, real, fake)
        opt_c.zero_grad()
        critic_loss.backward()
        opt_c.step()

    generator_loss = -critic(generator(torch.randn(BATCH, Z))).mean()
    opt_g.zero_grad()
    generator_loss.backward()
    opt_g.step()
    if iteration % 100 == 0:
        print(f"{iteration}: Wasserstein estimate {wasserstein.item():.3f}, generator {generator_loss.item():.3f}")
