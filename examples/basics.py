"""The basics: what mode collapse is, and GAN, WGAN and WGAN-GP side by side on a third each of dogs, cats and birds.

A small table first: the Wasserstein distance of two histograms by hand, its three normalisations, and what
Jensen-Shannon says where the supports part. Then each loss is trained with the same networks, and the share of each
class that its generator draws stands beside the data's, and beside that of a generator that keeps one class only.
`--data FOLDER` takes your own pictures, one subfolder for each class.

    python examples/basics.py
    python examples/basics.py --loss wgan-gp
    collapse-probe report runs/
"""

import argparse
from collections.abc import Sequence

import numpy as np
import torch
from _drawn import animals
from _pictures import batches, parser, read, tell
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.nn.functional import softplus

import collapse_probe as cp

LATENT = 16
LOSSES = ("gan", "wgan", "wgan-gp")
CRITIC_UPDATES = 3
CLIP = 0.03
DRAWN = 1500


def histograms() -> str:
    """The distances that the notes work out by hand."""
    real, generated = [5, 4, 3, 2], [3, 3, 3, 5]
    lines = [f"Wasserstein distance from {generated} to {real}, a mass of {sum(real)} in each"]
    for normalize in (None, "largest_distance", "total_mass", "mean_transport"):
        value = cp.statistics.wasserstein_histogram(generated=generated, real=real, normalize=normalize)
        lines.append(f"  {'divided by ' + normalize.replace('_', ' ') if normalize else 'as it is':28}{value:8.4f}")
    lines.append("All of the mass in one bin, `apart` bins from the real one\n  apart   Jensen-Shannon   Wasserstein")
    for apart in range(5):
        both = {"generated": np.eye(5)[apart], "real": np.eye(5)[0]}
        divergence = cp.statistics.jensen_shannon_histogram(**both)
        lines.append(f"  {apart:5}{divergence:17.4f}{cp.statistics.wasserstein_histogram(**both):14.4f}")
    return "\n".join(lines)


class Classes:
    """Tells the classes apart by a logistic regression on pixels; called by the probe, and for the table."""

    def __init__(self, pictures: Tensor, names: Sequence[str]) -> None:
        self.names = sorted(set(names))
        self.labels = torch.tensor([self.names.index(name) for name in names])
        self._model = LogisticRegression(C=0.01, max_iter=300).fit(pictures.flatten(1).numpy(), self.labels.numpy())

    def __call__(self, pictures: Tensor) -> Tensor:
        return torch.from_numpy(self._model.predict(pictures.flatten(1).float().cpu().numpy()))

    def row(self, name: str, labels: Tensor, *, pictures: Tensor, real: Tensor) -> str:
        """A line of the table: the share of each class, and the Wasserstein distance to as many real pictures."""
        shares = torch.bincount(labels, minlength=len(self.names)) / len(labels)
        few = min(len(pictures), len(real), 256)
        distance = cp.statistics.wasserstein(generated=pictures[:few].flatten(1), real=real[:few].flatten(1))
        return f"{name:10}" + "".join(f"{share:12.2f}" for share in shares) + f"{distance:12.2f}"


def networks(size: int, width: int) -> tuple[nn.Module, nn.Module]:
    """Without batch norm in the critic: the gradient penalty is of each picture by itself."""
    generator = nn.Sequential(
        nn.Linear(LATENT, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, width), nn.BatchNorm1d(width),
        nn.ReLU(), nn.Linear(width, size**2), nn.Tanh(), nn.Unflatten(1, (1, size, size)),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Flatten(), nn.Linear(size**2, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2),
        nn.Linear(width, 1), nn.Flatten(0),
    )  # fmt: skip
    return generator, discriminator


def gradient_penalty(D: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """Gulrajani et al., 2017: between real and generated pictures the critic's gradient should have the norm 1."""
    mix = torch.rand(len(real), 1, 1, 1, device=real.device)
    between = (mix * real + (1 - mix) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(D(between).sum(), between, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def train(loss: str, pictures: Tensor, classes: Classes, chosen: argparse.Namespace) -> cp.Run:
    torch.manual_seed(chosen.seed)
    device = chosen.device
    G, D = (network.to(device) for network in networks(chosen.size, chosen.width))
    # Clipping and momentum do not go together.
    kind, more = (torch.optim.RMSprop, {}) if loss == "wgan" else (torch.optim.Adam, {"betas": (0.5, 0.9)})
    optimizer_g, optimizer_d = (kind(network.parameters(), lr=chosen.lr, **more) for network in (G, D))
    stream, run = batches(pictures, chosen.batch), chosen.run / loss
    watched = {"real": pictures, "modes": classes, "total_steps": chosen.steps, "every": 25, "stop_on": ()}
    with cp.attach(G, D, run=run, value_range=(-1, 1), tags={"loss": loss}, **watched) as probe:
        for _ in range(chosen.steps):
            for _ in range(1 if loss == "gan" else CRITIC_UPDATES):
                real = next(stream)
                fake = G(torch.randn(len(real), LATENT, device=device)).detach()
                on_real, on_fake = D(real), D(fake)
                loss_d = on_fake.mean() - on_real.mean()
                if loss == "gan":
                    loss_d = softplus(-on_real).mean() + softplus(on_fake).mean()
                penalty = 10 * gradient_penalty(D, real, fake) if loss == "wgan-gp" else 0.0
                optimizer_d.zero_grad()
                (loss_d + penalty).backward()
                optimizer_d.step()
                if loss == "wgan":
                    for weights in D.parameters():
                        weights.data.clamp_(-CLIP, CLIP)

            score = D(G(torch.randn(chosen.batch, LATENT, device=device)))
            loss_g = softplus(-score).mean() if loss == "gan" else -score.mean()
            optimizer_g.zero_grad()
            loss_g.backward()
            optimizer_g.step()
            probe.log(loss_d=loss_d, loss_g=loss_g)
    return cp.load(run)


def main(arguments: list[str] | None = None) -> None:
    options = parser(__doc__, "runs/basics", size=16, steps=1500, width=128, batch=64)
    options.add_argument("--loss", choices=[*LOSSES, "all"], default="all")
    options.add_argument("--lr", type=float, default=5e-4, help="of both networks (default: %(default)s)")
    chosen = options.parse_args(arguments)
    print(histograms())
    pictures, kinds = animals(DRAWN, chosen.size) if chosen.data is None else read(chosen.data, chosen.size)
    if len(set(kinds)) < 2:
        options.error(f"--data {chosen.data}: all pictures lie in one folder; expected one for each class")
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))
    pictures, classes = pictures[order], Classes(pictures[order], [kinds[index] for index in order])
    others, real = pictures.chunk(2)
    one = others[classes.labels[: len(others)] == 0]
    lines = [f"{'shares':10}" + "".join(f"{name:>12}" for name in classes.names) + f"{'distance':>12}"]
    lines.append(classes.row("data", classes.labels, pictures=others, real=real))
    lines.append(classes.row("collapsed", torch.zeros(len(one), dtype=torch.long), pictures=one, real=real))
    for loss in LOSSES if chosen.loss == "all" else [chosen.loss]:
        run = train(loss, pictures.to(chosen.device), classes, chosen)
        tell(run, chosen.steps)
        if run.batches:  # else too short to gather the samples of one capture
            last = torch.from_numpy(run.batch(run.batches[-1]))
            lines.append(classes.row(loss, classes(last), pictures=last, real=real))
    print("\n".join(lines))
    print(f"report: {cp.report(chosen.run, chosen.run / 'report.html', title='The basics')}")


if __name__ == "__main__":
    main()
