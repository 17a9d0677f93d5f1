"""Spectral normalisation in D, rates as in TTUR, two steps of D to one of G, `forward` called by name in D's."""

import collapse_probe as cp
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

STEPS = 1500
N_DIS = 2
BATCH = 64
Z = 64

torch.manual_seed(0)
digits = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 8 - 1


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(Z, 64 * 2 * 2)
        self.body = nn.Sequential(
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(64, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(32, 1, 3, padding=1),
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.body(self.project(z).view(-1, 64, 2, 2))


class Discriminator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = spectral_norm(nn.Conv2d(1, 32, 4, 2, 1))
        self.second = spectral_norm(nn.Conv2d(32, 64, 4, 2, 1))
        self.score = spectral_norm(nn.Linear(64 * 2 * 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.leaky_relu(self.second(F.leaky_relu(self.first(x), 0.1)), 0.1)
        return self.score(hidden.flatten(1))


G, D = Generator(), Discriminator()
probe = cp.attach(G, D, run="runs/hinge")
opt_g = torch.optim.Adam(G.parameters(), lr=1e-4, betas=(0.0, 0.9))
opt_d = torch.optim.Adam(D.parameters(), lr=4e-4, betas=(0.0, 0.9))

for step in range(STEPS):
    for _ in range(N_DIS):
        real = digits[torch.randint(len(digits), (BATCH,))]
        fake = G.forward(torch.randn(BATCH, Z)).detach()
        loss_d = F.relu(1 - D.forward(real)).mean() + F.relu(1 + D.forward(fake)).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()

    loss_g = -D(G(torch.randn(BATCH, Z))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    if step % 100 == 0:
        print(f"step {step}: hinge {loss_d.item():.3f}, generator {loss_g.item():.3f}")
