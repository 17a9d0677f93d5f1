"""A small DCGAN learns handwritten digits, and is watched while it does.

`--setting collapsing`: at step 400 a schedule goes wrong: the generator's learning rate rises 20-fold
and the discriminator's falls to a hundredth. The generator, varied until then, soon draws one picture only.
`--setting healthy`: both rates stay as they are, and so does the variety.

    python examples/digits_dcgan.py --setting collapsing --run runs/digits-collapsing
    collapse-probe report runs/
"""

import argparse

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

import collapse_probe as cp

SCHEDULE = {"collapsing": (20.0, 0.01), "healthy": (1.0, 1.0)}  # factors on G's and D's learning rate
SCHEDULE_STEP = 400
LATENT = 32
WIDTH = 24


def digits() -> Tensor:
    """The 1,797 digits that come with scikit-learn, 16×16, in [-1, 1]."""
    images = torch.from_numpy(load_digits().images).float().unsqueeze(1) / 8 - 1
    return functional.interpolate(images, size=(16, 16), mode="bilinear")


def networks() -> tuple[nn.Module, nn.Module]:
    generator = nn.Sequential(
        nn.ConvTranspose2d(LATENT, 2 * WIDTH, 4, 1, 0, bias=False), nn.BatchNorm2d(2 * WIDTH), nn.ReLU(),
        nn.ConvTranspose2d(2 * WIDTH, WIDTH, 4, 2, 1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU(),
        nn.ConvTranspose2d(WIDTH, 1, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, WIDTH, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, 2 * WIDTH, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * WIDTH), nn.LeakyReLU(0.2),
        nn.Conv2d(2 * WIDTH, 1, 4, 1, 0), nn.Flatten(start_dim=0),
    )  # fmt: skip
    return generator.apply(initialise), discriminator.apply(initialise)


def initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


def train(setting: str, *, seed: int, steps: int, run: str, batch_size: int = 64) -> None:
    torch.manual_seed(seed)
    images = digits()
    loader = DataLoader(TensorDataset(images), batch_size, shuffle=True, drop_last=True)
    G, D = networks()
    optimizer_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optimizer_d = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()
    is_real, is_fake = torch.ones(batch_size), torch.zeros(batch_size)

    # A run of seconds: look more often than the default share of 1 % of the training time allows.
    with cp.attach(G, D, run=run, real=images, total_steps=steps, value_range=(-1, 1), every=20) as probe:
        batches = (real for _ in range(steps) for (real,) in loader)
        for step, real in zip(range(steps), batches, strict=False):
            if step == SCHEDULE_STEP:
                for optimizer, factor in zip((optimizer_g, optimizer_d), SCHEDULE[setting], strict=True):
                    optimizer.param_groups[0]["lr"] *= factor

            D.zero_grad()
            loss_real = criterion(D(real), is_real)
            loss_real.backward()
            fake = G(torch.randn(batch_size, LATENT, 1, 1))
            loss_fake = criterion(D(fake.detach()), is_fake)
            loss_fake.backward()
            optimizer_d.step()

            G.zero_grad()
            loss_g = criterion(D(fake), is_real)
            loss_g.backward()
            optimizer_g.step()

            probe.log(loss_d=loss_real + loss_fake, loss_g=loss_g)
            if probe.should_stop:
                break


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--setting", choices=sorted(SCHEDULE), default="collapsing")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--run", default="runs/digits")
    options = parser.parse_args()
    train(options.setting, seed=options.seed, steps=options.steps, run=options.run)
