"""Portraits in colour: a DCGAN as one trains it on CelebA for a day, with a sheet of the same latents every 50 batches.

Pictures of 178×218, here drawn ones, are cut to their middle square and scaled. The record stays within `--disk-limit`
however long the run is. While it runs, `collapse-probe watch runs/portraits` says how long it will take, from another
terminal. The report frames samples that are unlike all real ones: `--planted` tries it on real portraits with all-red
and fused ones among them. The original's size and length, two passes over 202,600 photographs in a folder of yours:

    python examples/portraits.py
    python examples/portraits.py --planted
    python examples/portraits.py --data FOLDER --size 64 --width 64 --batch 64 --steps 6330 --lr 2e-4
    collapse-probe report runs/
"""

import argparse

import torch
from _pictures import batches, parser, read, tell
from _portraits import portraits
from torch import Tensor, nn
from torch.nn.functional import softplus

import collapse_probe as cp

LATENT = 100
SHEET = 36
DRAWN = 3000
PLANTED = 4


def networks(size: int, width: int) -> tuple[nn.Module, nn.Module]:
    """DCGAN's, whose width is 64: strides and no pooling, batch norm but at D's input, no dense layers."""
    widths, start = [8 * width, 4 * width, 2 * width, width], size // 16
    up: list[nn.Module] = [nn.ConvTranspose2d(LATENT, widths[0], start, bias=False)]
    down: list[nn.Module] = []
    for i, (wide, narrow) in enumerate(zip(widths, [*widths[1:], 3], strict=True)):
        up += [nn.BatchNorm2d(wide), nn.ReLU(), nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False)]
        norm = [] if i == 3 else [nn.BatchNorm2d(wide)]
        down = [nn.Conv2d(narrow, wide, 4, 2, 1, bias=False), *norm, nn.LeakyReLU(0.2), *down]
    discriminator = nn.Sequential(*down, nn.Conv2d(widths[0], 1, start, bias=False), nn.Flatten(0))
    return nn.Sequential(*up, nn.Tanh()).apply(initialise), discriminator.apply(initialise)


def initialise(module: nn.Module) -> None:
    """Radford et al., 2016."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


def train(pictures: Tensor, chosen: argparse.Namespace) -> cp.Run:
    torch.manual_seed(chosen.seed)
    device = chosen.device
    G, D = (network.to(device) for network in networks(chosen.size, chosen.width))
    optimizer_g, optimizer_d = (
        torch.optim.Adam(each.parameters(), lr=chosen.lr, betas=(0.5, 0.999)) for each in (G, D)
    )
    latents = torch.randn(SHEET, LATENT, 1, 1, device=device)
    watched = {"real": pictures[:2048], "total_steps": chosen.steps, "value_range": (-1, 1), "every": chosen.every}
    watched |= {"fixed_latents": latents, "sample_size": chosen.sample_size, "disk_limit": chosen.disk_limit}
    with cp.attach(G, D, run=chosen.run, **watched) as probe:
        for _, real in zip(range(chosen.steps), batches(pictures, chosen.batch), strict=False):
            real = real.to(device)
            fake = G(torch.randn(len(real), LATENT, 1, 1, device=device))
            loss_d = softplus(-D(real)).mean() + softplus(D(fake.detach())).mean()
            optimizer_d.zero_grad()
            loss_d.backward()
            optimizer_d.step()

            loss_g = softplus(-D(fake)).mean()
            optimizer_g.zero_grad()
            loss_g.backward()
            optimizer_g.step()
            probe.log(loss_d=loss_d, loss_g=loss_g)
            if probe.should_stop:
                break
    return cp.load(chosen.run)


def planted(pictures: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Real pictures, and three batches of others: with four fused ones and then four all red at the end; all of a kind.

    Fused: the left half of one and the right half of another.
    """
    real, others = pictures.chunk(2)
    samples, middle = others[:256], pictures.shape[-1] // 2
    fused = torch.cat([samples[..., :middle], others.roll(len(others) // 2, 0)[: len(samples), ..., middle:]], dim=-1)
    red = torch.cat([samples.mean(dim=1, keepdim=True) / 2 + 0.5, -torch.ones_like(samples[:, :2])], dim=1)
    good = samples[: -2 * PLANTED]
    return real, [torch.cat([good, fused[-PLANTED:], red[-PLANTED:]]), fused, red]


def said(run: cp.Run) -> str:
    """What observing cost, and what lies on the disk."""
    cost, sizes = run.info["cost"], [path.stat().st_size for path in run.path.rglob("*") if path.is_file()]
    return (
        f"{len(run.steps)} steps, {len(run.sheets)} sheets and {len(run.batches)} captures kept "
        f"(thinned: {run.thinned}), {sum(sizes) / 1e6:.1f} MB on disk; cost of observing: {cost}"
    )


def main(arguments: list[str] | None = None) -> None:
    options = parser(__doc__, "runs/portraits", size=48, steps=1500, width=12, batch=32)
    options.add_argument("--lr", type=float, default=1e-3, help="of both networks (default: %(default)s)")
    options.add_argument("--every", type=int, default=50, help="steps between sheets (default: %(default)s)")
    options.add_argument("--sample-size", type=int, default=256, help="pictures in a capture (default: %(default)s)")
    options.add_argument("--disk-limit", type=int, default=200_000_000, help="bytes (default: %(default)s)")
    options.add_argument("--planted", action="store_true", help="no training: odd samples among real ones, to be found")
    chosen = options.parse_args(arguments)
    if chosen.size % 16:
        options.error(f"--size is {chosen.size}; expected a multiple of 16, such as 48 or 64")
    own = chosen.data is not None
    pictures = read(chosen.data, chosen.size, colour=True)[0] if own else portraits(DRAWN, chosen.size)
    if chosen.planted:
        real, given = planted(pictures)
        with cp.Probe(run=chosen.run, real=real, value_range=(-1, 1)) as probe:
            for samples in given:
                probe.step(fake=samples)
    else:
        run = train(pictures, chosen)
        tell(run, chosen.steps)
        print(said(run))


if __name__ == "__main__":
    main()
