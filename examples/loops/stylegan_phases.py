"""Mapping and synthesis called apart, lazy path length and R1, accumulated gradients, an average of G."""

import copy
from typing import NamedTuple

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

KIMG = 100  # thousands of pictures shown to D
BATCH, BATCH_GPU = 64, 32  # of a step, and of a round of accumulation
Z = W = 32
R1_GAMMA, PL_WEIGHT, PL_DECAY = 1.0, 2.0, 0.01

torch.manual_seed(0)
digits = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 8 - 1


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mapping = nn.Sequential(nn.Linear(Z, W), nn.LeakyReLU(0.2), nn.Linear(W, W), nn.LeakyReLU(0.2))
        self.synthesis = nn.Sequential(
            nn.Linear(W, 128), nn.LeakyReLU(0.2), nn.Linear(128, 64), nn.Unflatten(1, (1, 8, 8))
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.synthesis(self.mapping(z))


class Phase(NamedTuple):
    name: str
    module: nn.Module
    opt: torch.optim.Optimizer
    interval: int


G = Generator()
D = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1))
G_ema = copy.deepcopy(G).eval().requires_grad_(False)
pl_mean = torch.zeros(())


def accumulate_gradients(phase: str, real: Tensor, z: Tensor, gain: int) -> None:
    if phase == "Gmain":
        (F.softplus(-D(G.synthesis(G.mapping(z)))).mean() * gain).backward()
    if phase == "Greg":
        ws = G.mapping(z[: len(z) // 2])
        img = G.synthesis(ws)
        noise = torch.randn_like(img) / 8
        (grads,) = torch.autograd.grad((img * noise).sum(), ws, create_graph=True)
        lengths = grads.square().sum(1).sqrt()
        pl_mean.lerp_(lengths.mean().detach(), PL_DECAY)
        ((lengths - pl_mean).square().mean() * PL_WEIGHT * gain).backward()
    if phase == "Dmain":
        with torch.no_grad():
            fake = G.synthesis(G.mapping(z))
        (F.softplus(D(fake)).mean() * gain).backward()
        (F.softplus(-D(real)).mean() * gain).backward()
    if phase == "Dreg":
        real = real.detach().requires_grad_()
        scores = D(real)
        (grads,) = torch.autograd.grad(scores.sum(), real, create_graph=True)
        ((scores * 0 + grads.square().sum((1, 2, 3)) * R1_GAMMA / 2).mean() * gain).backward()


phases = []
for name, module, interval in (("G", G, 4), ("D", D, 16)):
    ratio = interval / (interval + 1)
    opt = torch.optim.Adam(module.parameters(), lr=0.002 * ratio, betas=(0.0, 0.99**ratio))
    phases += [Phase(f"{name}main", module, opt, 1), Phase(f"{name}reg", module, opt, interval)]

G.requires_grad_(False)
D.requires_grad_(False)
for batch_idx in range(KIMG * 1000 // BATCH):
    real = digits[torch.randint(len(digits), (BATCH,))]
    for phase in phases:
        if batch_idx % phase.interval:
            continue
        phase.opt.zero_grad(set_to_none=True)
        phase.module.requires_grad_(True)
        for part in real.split(BATCH_GPU):
            accumulate_gradients(phase.name, part, torch.randn(len(part), Z), phase.interval)
        phase.module.requires_grad_(False)
        for param in phase.module.parameters():
            if param.grad is not None:
                torch.nan_to_num(param.grad, nan=0, posinf=1e5, neginf=-1e5, out=param.grad)
        phase.opt.step()
    with torch.no_grad():
        for p_ema, p in zip(G_ema.parameters(), G.parameters(), strict=True):
            p_ema.copy_(p.lerp(p_ema, 0.99))
    if batch_idx % 100 == 0:
        print(f"kimg {batch_idx * BATCH / 1000:.1f}, mean path length {pl_mean.item():.3f}")
