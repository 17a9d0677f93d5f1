"""The GANs whose training is measured with and without the probe."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

import collapse_probe as cp


@dataclass(frozen=True)
class Gan:
    """Two networks, a training step that never waits for the device, and real samples to read them against."""

    generator: nn.Module
    discriminator: nn.Module
    step: Callable[[], None]
    real: Tensor
    described: str


def ring(batch_size: int = 256) -> Gan:
    """The 2-D GAN of `examples/ring_gan.py`, with two hidden layers of 128 in both networks."""

    def perceptron(inputs: int, outputs: int) -> nn.Sequential:
        hidden = [nn.Linear(inputs, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU()]
        return nn.Sequential(*hidden, nn.Linear(128, outputs))

    torch.manual_seed(0)
    data = cp.toy.ring(8, seed=0)
    G, D = perceptron(16, 2), perceptron(2, 1)
    step = _training(G, D, batch=lambda: data.sample(batch_size), latents=lambda: torch.randn(batch_size, 16))
    described = f"2-D MLP GAN, two hidden layers of 128, batch {batch_size}"
    return Gan(G, D, step, data.sample(2048), described)


def dcgan(width: int, batch_size: int, device: str = "cpu", images: int = 1024) -> Gan:
    """DCGAN (Radford et al., 2016) for 64×64×3 pictures; `width` is its ngf and ndf, 64 in the paper's code."""
    torch.manual_seed(0)
    up = [nn.ConvTranspose2d(100, 8 * width, 4, 1, 0, bias=False), nn.BatchNorm2d(8 * width), nn.ReLU(True)]
    down: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
    for factor in (8, 4, 2):
        up += [nn.ConvTranspose2d(factor * width, factor * width // 2, 4, 2, 1, bias=False)]
        up += [nn.BatchNorm2d(factor * width // 2), nn.ReLU(True)]
    for factor in (1, 2, 4):
        down += [nn.Conv2d(factor * width, 2 * factor * width, 4, 2, 1, bias=False)]
        down += [nn.BatchNorm2d(2 * factor * width), nn.LeakyReLU(0.2, True)]
    G = nn.Sequential(*up, nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh()).to(device)
    D = nn.Sequential(*down, nn.Conv2d(8 * width, 1, 4, 1, 0, bias=False), nn.Flatten(0)).to(device)
    # Blobs of random colours: what the pictures show changes no cost.
    real = nn.functional.interpolate(2 * torch.rand(images, 3, 8, 8) - 1, size=64, mode="bilinear").to(device)
    step = _training(
        G,
        D,
        batch=lambda: real[torch.randint(images, (batch_size,), device=device)],
        latents=lambda: torch.randn(batch_size, 100, 1, 1, device=device),
    )
    return Gan(G, D, step, real, f"DCGAN 64×64×3, ngf = ndf = {width}, batch {batch_size}")


def _training(
    G: nn.Module, D: nn.Module, *, batch: Callable[[], Tensor], latents: Callable[[], Tensor]
) -> Callable[[], None]:
    """The usual step: D on real and generated samples, then G."""
    optimizer_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
    loss = nn.functional.binary_cross_entropy_with_logits

    def step() -> None:
        fake = G(latents())
        score_real, score_fake = D(batch()), D(fake.detach())
        loss_d = loss(score_real, torch.ones_like(score_real)) + loss(score_fake, torch.zeros_like(score_fake))
        optimizer_d.zero_grad()
        loss_d.backward()
        optimizer_d.step()
        score = D(fake)
        loss_g = loss(score, torch.ones_like(score))
        optimizer_g.zero_grad()
        loss_g.backward()
        optimizer_g.step()

    return step
