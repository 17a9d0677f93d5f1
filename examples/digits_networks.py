"""Digits by two networks: fully connected, whose pixels know nothing of their neighbours, and convolutional.

The convolutional generator is dense 1024, dense 128·7·7, then twice an upsampling and a 5×5 convolution; its
discriminator has 5×5 convolutions of stride 2 and dropout of 0.5 (as wide as that with `--width 64`). Everything else
is the same, the line that attaches the probe included. The sheet of fixed latents goes from one latent to another in
each row. A classifier that never saw a generated digit says how many can be read. MNIST from a file of yours:

    python examples/digits_networks.py
    python examples/digits_networks.py --mnist mnist.npz --width 64 --steps 14000 --lr 2e-4 --device cuda
    collapse-probe report runs/
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import torch
from _digits import Reader, digits, mnist, roughness
from _pictures import batches, parser, read, tell
from torch import Tensor, nn
from torch.nn.functional import softplus

import collapse_probe as cp

LATENT = 32
ROWS = COLUMNS = 8
EVERY = 25
MOST_READ = 12_000

Networks = tuple[nn.Module, nn.Module]


def dense(size: int, width: int) -> Networks:
    w = 16 * width
    generator = nn.Sequential(
        nn.Linear(LATENT, w // 2), nn.BatchNorm1d(w // 2), nn.LeakyReLU(0.2), nn.Linear(w // 2, w), nn.BatchNorm1d(w),
        nn.LeakyReLU(0.2), nn.Linear(w, size**2), nn.Tanh(), nn.Unflatten(1, (1, size, size)),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Flatten(), nn.Linear(size**2, w), nn.LeakyReLU(0.2), nn.Dropout(0.5), nn.Linear(w, w // 2),
        nn.LeakyReLU(0.2), nn.Linear(w // 2, 1), nn.Flatten(0),
    )  # fmt: skip
    return generator, discriminator


def convolutional(size: int, width: int) -> Networks:
    w, s = width, size // 4
    generator = nn.Sequential(
        nn.Linear(LATENT, 16 * w), nn.BatchNorm1d(16 * w), nn.ReLU(),
        nn.Linear(16 * w, 2 * w * s * s), nn.BatchNorm1d(2 * w * s * s), nn.ReLU(), nn.Unflatten(1, (2 * w, s, s)),
        nn.Upsample(scale_factor=2), nn.Conv2d(2 * w, w, 5, padding=2), nn.BatchNorm2d(w), nn.ReLU(),
        nn.Upsample(scale_factor=2), nn.Conv2d(w, 1, 5, padding=2), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, w, 5, 2, padding=2), nn.LeakyReLU(0.2), nn.Conv2d(w, 2 * w, 5, 2, padding=2), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(2 * w * s * s, 4 * w), nn.LeakyReLU(0.2), nn.Dropout(0.5), nn.Linear(4 * w, 1),
        nn.Flatten(0),
    )  # fmt: skip
    return generator, discriminator


NETWORKS: dict[str, Callable[[int, int], Networks]] = {"dense": dense, "convolutional": convolutional}


def from_one_to_another() -> Tensor:
    """Eight rows of eight latents; a row turns from its first to its last at equal length, so that none is unlikely."""
    ends = torch.randn(2, ROWS, 1, LATENT, generator=torch.Generator().manual_seed(0))
    first, last = ends / ends.norm(dim=-1, keepdim=True) * LATENT**0.5
    angle = (first * last).sum(-1, keepdim=True).div(LATENT).arccos()
    share = torch.linspace(0, 1, COLUMNS).reshape(1, COLUMNS, 1)
    turned = ((1 - share) * angle).sin() * first + (share * angle).sin() * last
    return (turned / angle.sin()).reshape(-1, LATENT)


def train(name: str, pictures: Tensor, chosen: argparse.Namespace) -> cp.Run:
    torch.manual_seed(chosen.seed)
    device, run = chosen.device, chosen.run / name
    G, D = (network.to(device) for network in NETWORKS[name](chosen.size, chosen.width))
    optimizer_g, optimizer_d = (
        torch.optim.Adam(each.parameters(), lr=chosen.lr, betas=(0.5, 0.999)) for each in (G, D)
    )
    tags = {"network": name, "width": str(chosen.width), "seed": str(chosen.seed)}
    watched = {"real": pictures, "total_steps": chosen.steps, "value_range": (-1, 1), "every": EVERY, "stop_on": ()}
    watched |= {"fixed_latents": from_one_to_another().to(device), "tags": tags}
    with cp.attach(G, D, run=run, **watched) as probe:
        for _, real in zip(range(chosen.steps), batches(pictures, chosen.batch), strict=False):
            fake = G(torch.randn(len(real), LATENT, device=device))
            loss_d = softplus(-D(real)).mean() + softplus(D(fake.detach())).mean()
            optimizer_d.zero_grad()
            loss_d.backward()
            optimizer_d.step()

            loss_g = softplus(-D(fake)).mean()
            optimizer_g.zero_grad()
            loss_g.backward()
            optimizer_g.step()
            probe.log(loss_d=loss_d, loss_g=loss_g)
    return cp.load(run)


def row(name: str, pictures: Tensor, reader: Reader | None, *, sheet: Tensor | None = None) -> str:
    """A line of the table; pictures of one's own cannot be read."""
    read_as, ratio = ("", ""), ""
    if reader is not None:
        share, classes = reader(pictures)
        read_as = f"{share:.0%}", str(classes)
    if sheet is not None:
        ratio = f"{cp.statistics.mode_seeking_ratio(generated=sheet, latents=from_one_to_another()):.3f}"
    return f"{name:14}{read_as[0]:>10}{read_as[1]:>9}{roughness(pictures):11.2f}{ratio:>14}"


def main(arguments: list[str] | None = None) -> None:
    options = parser(__doc__, "runs/digits-networks", size=28, steps=1500, width=8, batch=64)
    options.add_argument("--network", choices=[*NETWORKS, "both"], default="both")
    options.add_argument("--mnist", type=Path, metavar="FILE", help="MNIST, an .npz, instead of scikit-learn's digits")
    options.add_argument("--lr", type=float, default=5e-4, help="of both networks (default: %(default)s)")
    chosen = options.parse_args(arguments)
    if chosen.size % 4:
        options.error(f"--size is {chosen.size}; expected a multiple of 4, such as 28")
    reader = None
    if chosen.data is not None:
        pictures = read(chosen.data, chosen.size)[0]
    else:
        pictures, labels = digits(chosen.size) if chosen.mnist is None else mnist(chosen.mnist, chosen.size)
        order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))
        pictures, labels = pictures[order], labels[order]
        reader = Reader(pictures[:MOST_READ], labels[:MOST_READ])
    lines = [f"{'':14}{'readable':>10}{'digits':>9}{'roughness':>11}{'mode seeking':>14}"]
    lines.append(row("real, unseen", reader.unseen if reader else pictures, reader))
    for name in NETWORKS if chosen.network == "both" else [chosen.network]:
        run = train(name, pictures.to(chosen.device), chosen)
        tell(run, chosen.steps)
        if run.batches and run.sheets:  # else too short to gather the samples of one capture
            last, sheet = (torch.from_numpy(each) for each in (run.batch(run.batches[-1]), run.sheet(run.sheets[-1])))
            lines.append(row(name, last, reader, sheet=sheet))
    print("\n".join(lines))
    print(f"report: {cp.report(chosen.run, chosen.run / 'report.html', title='Digits by two networks')}")


if __name__ == "__main__":
    main()
