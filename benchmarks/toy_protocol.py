"""Do a plain GAN and a packed one capture as many modes of ring and grid as PacGAN's Table 1 says?

    python benchmarks/toy_protocol.py              # about 40 minutes of one core; goes on after the last whole trial
    python benchmarks/toy_protocol.py --published  # the widths and steps of the published code: days of one core

The protocol is that of Lin et al., PacGAN, 2018, and of the code published with it: 2,500 samples of the last
generator with batch norm in evaluation mode, distance to the nearest mode below 3 standard deviations, a mode captured
by one such sample, 10 trials, standard errors. So is the form of the networks (generator: four hidden layers, batch
norm, no bias; discriminator: three maxout layers of 5 pieces), both updated from one forward pass, the losses, batches
of 100, Adam with beta1 = 0.8. What one core cannot pay for was scaled, before any result was seen:

| | published code | here | why |
|---|---|---|---|
| width of generator, discriminator | 400, 200 | 100, 50 | a sixteenth of the work |
| standard deviation of the initial weights | 0.02 | 0.04 | outputs of the same size at a quarter of the width |
| steps | 400,000 | 20,000 | the hour |
| learning rate | 1e-4 | 1e-3 | a quarter of the width asks for 4e-4; the rest makes up for some of the steps |
| training data | 100,000 samples, shuffled | fresh ones at each step | nothing to store |
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import softplus

from collapse_probe import toy

ROOT = Path(__file__).parent.parent
TRIALS, SAMPLES, BATCH = 10, 2500, 100
LATENTS, PIECES = 2, 5
DATA = {"ring": toy.ring(8), "grid": toy.grid(5)}
METHODS = {"GAN": 1, "PacGAN2": 2}
"""How many samples the discriminator reads at a time."""


@dataclass(frozen=True)
class Settings:
    """What is scaled."""

    generator_width: int = 100
    discriminator_width: int = 50
    initial_deviation: float = 0.04
    learning_rate: float = 1e-3
    steps: int = 20_000


PUBLISHED_SETTINGS = Settings(400, 200, 0.02, 1e-4, 400_000)


class Maxout(nn.Module):
    """The largest of 5 linear maps."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width_in, PIECES * width)

    def forward(self, rows: Float[Tensor, "n i"]) -> Float[Tensor, "n o"]:
        return self.linear(rows).unflatten(1, (PIECES, -1)).amax(dim=1)


def networks(settings: Settings, packing: int) -> tuple[nn.Module, nn.Module]:
    """Generator and discriminator, with weights drawn from the global random state."""
    wide, narrow = settings.generator_width, settings.discriminator_width
    hidden: list[nn.Module] = []
    for width_in in (LATENTS, wide, wide, wide):
        # Theirs moves a twentieth of the way to the batch at each step.
        norm = nn.BatchNorm1d(wide, eps=1e-4, momentum=0.05)
        hidden += [nn.Linear(width_in, wide, bias=False), norm, nn.ReLU()]
    generator = nn.Sequential(*hidden, nn.Linear(wide, 2))
    maxouts = [Maxout(width_in, narrow) for width_in in (2 * packing, narrow, narrow)]
    discriminator = nn.Sequential(*maxouts, nn.Linear(narrow, 1))
    for module in [*generator.modules(), *discriminator.modules()]:
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=settings.initial_deviation)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return generator, discriminator


def train(data: toy.Mixture, packing: int, settings: Settings, *, seed: int) -> Float[Tensor, "n 2"]:
    """2,500 samples of a trained generator."""
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    generator, discriminator = networks(settings, packing)
    of_d, of_g = list(discriminator.parameters()), list(generator.parameters())
    adam = torch.optim.Adam(of_d + of_g, lr=settings.learning_rate, betas=(0.8, 0.999), fused=True)
    for _ in range(settings.steps):
        real = data.sample(BATCH * packing, generator=draw).reshape(BATCH, 2 * packing)
        # Batch norm sees each part of the packs by itself, as in the published code.
        latents = torch.randn(packing, BATCH, LATENTS, generator=draw)
        generated = torch.cat([generator(each) for each in latents], dim=1)
        scores = discriminator(torch.cat([real, generated]))
        loss_d = softplus(-scores[:BATCH]).mean() + softplus(scores[BATCH:]).mean()
        loss_g = softplus(-scores[BATCH:]).mean()
        gradients = torch.autograd.grad(loss_d, of_d, retain_graph=True) + torch.autograd.grad(loss_g, of_g)
        for parameter, gradient in zip(of_d + of_g, gradients, strict=True):
            parameter.grad = gradient
        adam.step()
    generator.eval()
    with torch.no_grad():
        found: Tensor = generator(torch.randn(SAMPLES, LATENTS, generator=draw))
    return found


def samples_of(name: str, method: str, trial: int, *, settings: Settings, work: Path) -> Float[Tensor, "n 2"]:
    """The samples of one trial, trained for unless a former call has stored them."""
    stored = work / f"{name}-{method}-{trial}-{settings.generator_width}-{settings.steps}.safetensors"
    if not stored.exists():
        began = time.perf_counter()
        seed = 1000 * list(DATA).index(name) + 100 * METHODS[method] + trial
        found = train(DATA[name], METHODS[method], settings, seed=seed)
        work.mkdir(parents=True, exist_ok=True)
        unfinished = stored.with_suffix(".part")
        save_file({"samples": found}, unfinished)
        unfinished.rename(stored)
        print(f"{name}, {method}, trial {trial}: {time.perf_counter() - began:.0f} s", flush=True)
    return load_file(stored)["samples"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--published", action="store_true", help="the widths and steps of the published code")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "toy-protocol", help="where samples are kept")
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings = PUBLISHED_SETTINGS if options.published else Settings()
    for trial in range(TRIALS):
        for name in DATA:
            for method in METHODS:
                samples_of(name, method, trial, settings=settings, work=options.work)


if __name__ == "__main__":
    main()
