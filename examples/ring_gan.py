"""A GAN learns eight narrow Gaussians on a ring, and is watched while it does.

`--setting collapsing`: a discriminator one layer deeper than the generator learns faster, and nothing holds it back.
All eight modes are found within a few hundred steps; then it gets ahead, and they are lost one after another.
`--setting healthy`: with an R1 penalty the same networks bear higher rates, and keep all eight.

    python examples/ring_gan.py --setting collapsing --run runs/ring-collapsing
    collapse-probe report runs/
"""

import argparse
from dataclasses import dataclass

import torch
from torch import Tensor, nn

import collapse_probe as cp

LATENT = 16


@dataclass(frozen=True)
class Setting:
    lr_g: float
    lr_d: float
    r1_weight: float


SETTINGS = {
    "collapsing": Setting(lr_g=8e-5, lr_d=2e-4, r1_weight=0.0),
    "healthy": Setting(lr_g=5e-4, lr_d=1e-3, r1_weight=0.1),
}


def perceptron(inputs: int, outputs: int, *, hidden_layers: int, width: int = 128) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Linear(inputs, width), nn.ReLU()]
    for _ in range(hidden_layers - 1):
        layers += [nn.Linear(width, width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, outputs))


def r1_penalty(real: Tensor, score_real: Tensor) -> Tensor:
    """Mescheder et al., 2018: the discriminator should be flat where the real data are."""
    (slope,) = torch.autograd.grad(score_real.sum(), real, create_graph=True)
    return slope.square().sum(dim=1).mean() / 2


def train(setting: Setting, *, seed: int, steps: int, run: str, batch_size: int = 256) -> None:
    torch.manual_seed(seed)
    ring = cp.toy.ring(8, seed=seed)
    G = perceptron(LATENT, 2, hidden_layers=2)
    D = perceptron(2, 1, hidden_layers=3)
    optimizer_g = torch.optim.Adam(G.parameters(), lr=setting.lr_g, betas=(0.5, 0.999))
    optimizer_d = torch.optim.Adam(D.parameters(), lr=setting.lr_d, betas=(0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()
    is_real, is_fake = torch.ones(batch_size, 1), torch.zeros(batch_size, 1)

    # A run of seconds: look more often than the default share of 1 % of the training time allows.
    with cp.attach(G, D, run=run, real=ring.sample(2048), modes=ring, total_steps=steps, every=50) as probe:
        for _ in range(steps):
            real = ring.sample(batch_size).requires_grad_()
            fake = G(torch.randn(batch_size, LATENT))

            score_real = D(real)
            loss_d = criterion(score_real, is_real) + criterion(D(fake.detach()), is_fake)
            if setting.r1_weight > 0:
                loss_d = loss_d + setting.r1_weight * r1_penalty(real, score_real)
            optimizer_d.zero_grad()
            loss_d.backward()
            optimizer_d.step()

            loss_g = criterion(D(fake), is_real)
            optimizer_g.zero_grad()
            loss_g.backward()
            optimizer_g.step()

            probe.log(loss_d=loss_d, loss_g=loss_g)
            if probe.should_stop:
                break


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--setting", choices=sorted(SETTINGS), default="collapsing")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--run", default="runs/ring")
    options = parser.parse_args()
    train(SETTINGS[options.setting], seed=options.seed, steps=options.steps, run=options.run)
