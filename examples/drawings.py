"""Drawings: few pictures, three attempts, and a fair look at which came furthest, and when.

176 drawn faces, as few as somebody draws by hand. `--experiment first`: labels as they should be, 5 latent numbers.
`noise`: noise on the labels of both kinds (real 0.7 to 1.2, generated 0 to 0.3). `mirrored`: 10 latent numbers, every
face mirrored too, noise on real labels only (0.8 to 1). By default all three, 7 : 10 : 4 in length, in one report with
sheets of the same latents over time. `--data FOLDER` takes your own pictures. The original's size and lengths:

    python examples/drawings.py
    python examples/drawings.py --size 200 --width 64 --steps 10000 --lr-g 2e-4 --lr-d 2e-4 --device cuda
    collapse-probe report runs/
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from _drawn import faces
from _pictures import batches, parser, read, tell
from lego import cross_entropy
from torch import Tensor, nn

import collapse_probe as cp

DRAWN, UNSEEN = 176, 44
STOPS = ("collapse", "revolution", "divergence", "never_fitted", "stalled")


@dataclass(frozen=True)
class Experiment:
    latent: int
    share: float
    """Of `--steps`, where all three are trained: they were of unequal length."""
    noise_real: tuple[float, float] = (0.0, 0.0)
    noise_fake: tuple[float, float] = (0.0, 0.0)
    mirrored: bool = False


EXPERIMENTS = {
    "first": Experiment(5, 0.7),
    "noise": Experiment(5, 1.0, noise_real=(-0.3, 0.2), noise_fake=(0.0, 0.3)),
    "mirrored": Experiment(10, 0.4, noise_real=(-0.2, 0.0), mirrored=True),
}


def networks(size: int, latent: int, width: int) -> tuple[nn.Module, nn.Module]:
    w, s = width, size // 8
    generator = nn.Sequential(
        nn.Linear(latent, 4 * w * s * s), nn.Unflatten(1, (4 * w, s, s)), nn.BatchNorm2d(4 * w), nn.ReLU(),
        nn.ConvTranspose2d(4 * w, 2 * w, 4, 2, 1), nn.BatchNorm2d(2 * w), nn.ReLU(),
        nn.ConvTranspose2d(2 * w, w, 4, 2, 1), nn.BatchNorm2d(w), nn.ReLU(),
        nn.ConvTranspose2d(w, 1, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, w, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(w, 2 * w, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(2 * w, 4 * w, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(4 * w * s * s, 1), nn.Sigmoid(), nn.Flatten(0),
    )  # fmt: skip
    return generator, discriminator


def loss(probability: Tensor, label: float, noise: tuple[float, float] = (0.0, 0.0)) -> Tensor:
    low, high = noise
    return cross_entropy(probability, label + low + (high - low) * torch.rand_like(probability))


def train(setting: Experiment, pictures: Tensor, unseen: Tensor, chosen: argparse.Namespace, run: Path) -> cp.Run:
    torch.manual_seed(chosen.seed)
    steps = max(1, round(setting.share * chosen.steps)) if chosen.experiment == "all" else chosen.steps
    device = chosen.device
    G, D = (network.to(device) for network in networks(chosen.size, setting.latent, chosen.width))
    optimizer_g = torch.optim.Adam(G.parameters(), lr=chosen.lr_g, betas=(0.5, 0.999))
    optimizer_d = torch.optim.Adam(D.parameters(), lr=chosen.lr_d, betas=(0.5, 0.999))
    latents = torch.randn(36, setting.latent, device=device)
    # Mirrored copies are not new data: what the generator is compared with is the drawings themselves.
    seen = torch.cat([pictures, pictures.flip(3)]) if setting.mirrored else pictures
    watched = {"real": pictures, "total_steps": steps, "value_range": (-1, 1), "every": 20, "fixed_latents": latents}
    if len(unseen):  # what is not trained on shows whether the discriminator knows by heart what is
        watched["held_out"] = unseen
    watched |= {"keep_best": run / "best.safetensors", "stop_on": STOPS if chosen.stop else ()}
    with cp.attach(G, D, run=run, **watched) as probe:
        for _, real in zip(range(steps), batches(seen, chosen.batch), strict=False):
            fake = G(torch.randn(len(real), setting.latent, device=device))
            loss_d = loss(D(real), 1.0, setting.noise_real) + loss(D(fake.detach()), 0.0, setting.noise_fake)
            optimizer_d.zero_grad()
            loss_d.backward()
            optimizer_d.step()

            loss_g = loss(D(fake), 1.0)
            optimizer_g.zero_grad()
            loss_g.backward()
            optimizer_g.step()
            probe.log(loss_d=loss_d, loss_g=loss_g)
            if probe.should_stop:
                break
    return cp.load(run)


def compared(runs: Sequence[cp.Run]) -> str:
    """Diversity as a share of real data's: at the step that all of them reached, at each one's end and at its best."""
    runs = [run for run in runs if len(run.statistics)]
    if not runs:
        return "nothing to compare: too short to gather the samples of one capture"
    common = min(int(run.statistics.index[-1]) for run in runs)
    lines = [f"{'diversity':12}{f'at step {common}':>14}{'at the end':>20}{'at the best step':>22}"]
    for run in runs:
        share = run.statistics["occupancy"] / run.bands["occupancy"].mean
        last, best = share.index[-1], run.verdict.best_step
        shown = "-" if best is None else f"{share[best]:.2f} (step {best})"
        lines.append(f"{run.name:12}{share[:common].iloc[-1]:14.2f}{f'{share[last]:.2f} (step {last})':>20}{shown:>22}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    options = parser(__doc__, "runs/drawings", size=32, steps=1500, width=12, batch=32)
    options.add_argument("--experiment", choices=[*EXPERIMENTS, "all"], default="all")
    options.add_argument("--stop", action="store_true", help="stop when the probe says so")
    options.add_argument("--lr-g", type=float, default=1e-2, help="the original's are 2e-4, for 7 times as many steps")
    options.add_argument("--lr-d", type=float, default=3e-3)
    options.add_argument(
        "--hold-out", type=int, default=0, metavar="N", help="do not train on N (16 or more) of --data"
    )
    chosen = options.parse_args(arguments)
    if chosen.size % 8:
        options.error(f"--size is {chosen.size}; expected a multiple of 8, such as 48 or 200")
    if chosen.data is None:
        if chosen.hold_out:
            options.error(f"--hold-out is for your own pictures (--data); {UNSEEN} drawn faces are held out anyhow")
        pictures, seen = faces(DRAWN + UNSEEN, chosen.size)[0], DRAWN
    else:
        pictures, _ = read(chosen.data, chosen.size)
        pictures = pictures[torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))]
        seen = len(pictures) - chosen.hold_out
        if chosen.hold_out and not 16 <= chosen.hold_out <= len(pictures) - 32:
            options.error(
                f"--hold-out is {chosen.hold_out}; expected 16 to {len(pictures) - 32} of {len(pictures)}, or 0"
            )
    pictures, unseen = pictures.to(chosen.device).tensor_split([seen])
    runs = []
    for name in EXPERIMENTS if chosen.experiment == "all" else [chosen.experiment]:
        runs.append(train(EXPERIMENTS[name], pictures, unseen, chosen, chosen.run / name))
        tell(runs[-1], int(runs[-1].info["total_steps"]))
    print(compared(runs))
    print(f"report: {cp.report(chosen.run, chosen.run / 'report.html', title='Drawings')}")


if __name__ == "__main__":
    main()
