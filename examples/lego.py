"""Bricks: the DCGAN of Generative Deep Learning (Foster, 2nd ed., chapter 4), watched so that no hour is lost on it.

Real labels are 1 to 1.1 and generated ones -0.1 to 0, outside of [0, 1] as in the book: the discriminator's loss is
negative when it does well. The probe says when training tips over, the loop stops there, and the healthiest generator
is in RUN/best.safetensors. Bricks are drawn; `--data FOLDER` takes your own pictures. Without the book's dropout all
goes well for long, and then the discriminator is certain of everything. Last, the book's size and length:

    python examples/lego.py --seed 0
    python examples/lego.py --dropout 0 --steps 4000
    python examples/lego.py --size 64 --width 64 --batch 128 --lr-g 2e-4 --lr-d 2e-4 --steps 93750 --device cuda
    collapse-probe report runs/
"""

import torch
from _drawn import bricks
from _pictures import batches, parser, read, tell
from torch import Tensor, nn

import collapse_probe as cp

LATENT = 100
NOISE = 0.1
STOPS = ("collapse", "divergence", "never_fitted", "stalled")
DRAWN = 1500


def networks(size: int, width: int, dropout: float) -> tuple[nn.Module, nn.Module]:
    """The book's, whose width is 64 and whose dropout is 0.3; the discriminator ends in a probability."""
    widths, start = [8 * width, 4 * width, 2 * width, width], size // 16
    up: list[nn.Module] = [nn.ConvTranspose2d(LATENT, widths[0], start, bias=False)]
    down: list[nn.Module] = []
    for i, (wide, narrow) in enumerate(zip(widths, [*widths[1:], 1], strict=True)):
        up += [nn.BatchNorm2d(wide, eps=1e-3), nn.LeakyReLU(0.2), nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False)]
        norm = [] if i == 3 else [nn.BatchNorm2d(wide, eps=1e-3)]
        down = [nn.Conv2d(narrow, wide, 4, 2, 1, bias=False), *norm, nn.LeakyReLU(0.2), nn.Dropout(dropout), *down]
    generator = nn.Sequential(*up, nn.Tanh())
    discriminator = nn.Sequential(*down, nn.Conv2d(widths[0], 1, start, bias=False), nn.Sigmoid(), nn.Flatten(0))
    return generator.apply(initialise), discriminator.apply(initialise)


def initialise(module: nn.Module) -> None:
    """As Keras does."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.xavier_uniform_(module.weight)


def cross_entropy(probability: Tensor, target: Tensor) -> Tensor:
    """Keras' own, which takes any target: clipped, or a target beyond 1 would reward confidence without end.

    torch.nn.BCELoss refuses such targets, and with logits there is no lower bound.
    """
    p = probability.clamp(1e-7, 1 - 1e-7)
    return -(target * p.log() + (1 - target) * (1 - p).log()).mean()


def main(arguments: list[str] | None = None) -> None:
    options = parser(__doc__, "runs/lego", size=32, steps=1500, width=16, batch=32)
    options.add_argument("--dropout", type=float, default=0.3, help="in the discriminator (default: %(default)s)")
    options.add_argument("--lr-g", type=float, default=8e-3, help="the book's are 2e-4, for 60 times as many steps")
    options.add_argument("--lr-d", type=float, default=4e-3)
    options.add_argument("--run-on", action="store_true", help="go on where the probe says stop, to see what comes")
    chosen = options.parse_args(arguments)
    if chosen.size % 16:
        options.error(f"--size is {chosen.size}; expected a multiple of 16, such as 48 or 64")
    pictures, _ = bricks(DRAWN, chosen.size) if chosen.data is None else read(chosen.data, chosen.size)
    pictures = pictures.to(chosen.device)

    torch.manual_seed(chosen.seed)
    G, D = (network.to(chosen.device) for network in networks(chosen.size, chosen.width, chosen.dropout))
    optimizer_g = torch.optim.Adam(G.parameters(), lr=chosen.lr_g, betas=(0.5, 0.999), eps=1e-7)
    optimizer_d = torch.optim.Adam(D.parameters(), lr=chosen.lr_d, betas=(0.5, 0.999), eps=1e-7)
    watched = {"real": pictures, "total_steps": chosen.steps, "value_range": (-1, 1), "every": 20}
    watched["stop_on"] = () if chosen.run_on else STOPS
    with cp.attach(G, D, run=chosen.run, keep_best=chosen.run / "best.safetensors", **watched) as probe:
        for _, real in zip(range(chosen.steps), batches(pictures, chosen.batch), strict=False):
            # Both updates from one pass, as in the book.
            fake = G(torch.randn(len(real), LATENT, 1, 1, device=chosen.device))
            on_real, on_fake = D(real), D(fake)
            loss_real = cross_entropy(on_real, 1 + NOISE * torch.rand_like(on_real))
            loss_fake = cross_entropy(on_fake, 0 - NOISE * torch.rand_like(on_fake))
            loss_d = (loss_real + loss_fake) / 2
            loss_g = cross_entropy(on_fake, torch.ones_like(on_fake))
            G.zero_grad()
            D.zero_grad()
            loss_d.backward(inputs=list(D.parameters()), retain_graph=True)
            loss_g.backward(inputs=list(G.parameters()))
            optimizer_d.step()
            optimizer_g.step()
            probe.log(loss_d=loss_d, loss_g=loss_g)
            if probe.should_stop:
                break
    tell(cp.load(chosen.run), chosen.steps)
    print(f"to see it: collapse-probe report {chosen.run}")


if __name__ == "__main__":
    main()
