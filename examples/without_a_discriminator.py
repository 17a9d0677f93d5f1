"""Generators without a discriminator: an autoencoder, a variational one, and a Gaussian mixture, watched alike.

None of them shows its samples to anybody while it trains, so they are drawn every 25 steps and given to the probe by
hand, latents and all: `probe.step(fake=..., latents=...)`. `vae` is well. `strict` weighs the divergence of its codes
from the prior so heavily that they say nothing, and every sample is the mean picture: posterior collapse. `tightened`
is `vae` until half-way, and `strict` from then on. `autoencoder` rebuilds well, but nobody taught it what random
latents are. `mixture` is scikit-learn's, an EM iteration a step. `--data FOLDER` takes your own pictures.

    python examples/without_a_discriminator.py
    python examples/without_a_discriminator.py --model tightened
    collapse-probe report runs/
"""

import argparse
import warnings
from collections.abc import Callable
from typing import Any

import torch
from _digits import digits
from _pictures import batches, parser, read, tell
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.utils import shuffle
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy

import collapse_probe as cp

LATENT = 8
SAMPLES = 256
EVERY = 25
STRICT = 20.0
"""Times as heavy as in `vae`."""
EM_ITERATIONS = 40
ACTIVE = 0.01
"""Burda et al., 2016: a latent number is in use where its mean, over the data, varies by more than this."""

Weight = Callable[[float], float]
MODELS: dict[str, Weight | None] = {
    "autoencoder": lambda done: 0.0,
    "vae": lambda done: 1.0,
    "strict": lambda done: STRICT,
    "tightened": lambda done: 1.0 if done < 0.5 else STRICT,
    "mixture": None,
}
"""How heavy the divergence from the prior is when a share of the training is done."""


def networks(size: int, width: int) -> tuple[nn.Module, nn.Module]:
    encoder = nn.Sequential(
        nn.Flatten(), nn.Linear(size**2, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
        nn.Linear(width, 2 * LATENT),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.Linear(LATENT, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
        nn.Linear(width, size**2), nn.Tanh(), nn.Unflatten(1, (1, size, size)),
    )  # fmt: skip
    return encoder, decoder


def train(name: str, weight: Weight, pictures: Tensor, chosen: argparse.Namespace) -> cp.Run:
    torch.manual_seed(chosen.seed)
    encoder, decoder = (network.to(chosen.device) for network in networks(chosen.size, chosen.width))
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=chosen.lr)
    stream, watched = batches(pictures, chosen.batch), {"total_steps": chosen.steps, "value_range": (-1, 1)}
    with cp.Probe(run=chosen.run / name, real=pictures, tags={"model": name}, **watched) as probe:
        for step in range(chosen.steps):
            beta, real = chosen.beta * weight(step / chosen.steps), next(stream)
            mean, log_variance = encoder(real).chunk(2, dim=1)
            code = mean + (log_variance / 2).exp() * torch.randn_like(mean) if beta else mean
            probability = (decoder(code) + 1) / 2
            error = binary_cross_entropy(probability, (real + 1) / 2, reduction="none").flatten(1).sum(1).mean()
            divergence = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean() / 2
            loss = error + beta * divergence
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

            seen: dict[str, Any] = {"reconstruction": error, "divergence": divergence if beta else None}
            if step % EVERY == 0:
                with torch.no_grad():
                    latents = torch.randn(SAMPLES, LATENT, device=chosen.device)
                    codes = encoder(pictures[:1024]).chunk(2, dim=1)[0]
                    seen |= {
                        "active_latents": (codes.var(dim=0) > ACTIVE).sum(),
                        "code_spread": codes.std(dim=0).mean(),
                    }
                    seen |= {"fake": decoder(latents), "latents": latents}
            probe.step(loss_g=loss, **seen)
            if probe.should_stop:
                break
    return cp.load(chosen.run / name)


def fit_mixture(pictures: Tensor, chosen: argparse.Namespace) -> cp.Run:
    """Of the pictures' principal components: a covariance of all pixels would need more pictures than there are."""
    flat = pictures.flatten(1).cpu().double().numpy()
    components = PCA(min(24, len(flat) // 2), random_state=chosen.seed).fit(flat)
    kinds = max(1, min(20, len(flat) // 40))
    # Each fit goes on where the one before stopped: one iteration of expectation and maximisation.
    mixture = GaussianMixture(kinds, warm_start=True, max_iter=1, reg_covar=1e-3, random_state=chosen.seed)
    with cp.Probe(run=chosen.run / "mixture", real=pictures, value_range=(-1, 1), tags={"model": "mixture"}) as probe:
        for step in range(EM_ITERATIONS):
            with warnings.catch_warnings(category=ConvergenceWarning, action="ignore"):
                mixture.fit(components.transform(flat))
            mixture.set_params(random_state=chosen.seed + step)
            drawn, which = shuffle(*mixture.sample(SAMPLES), random_state=chosen.seed)  # they come kind by kind
            fake = components.inverse_transform(drawn).reshape(-1, *pictures.shape[1:]).clip(-1, 1)
            probe.step(loss_g=-mixture.lower_bound_, fake=fake.astype("float32"), labels=torch.from_numpy(which))
    return cp.load(chosen.run / "mixture")


def ending(run: cp.Run) -> tuple[str, str, str]:
    """How a run ended: diversity as a share of real data's, latents in use, how far samples follow their latents."""
    if not len(run.statistics):
        return "too short", "", ""
    share = (run.statistics["occupancy"] / run.bands["occupancy"].mean).iloc[-1]
    capture = {name: torch.from_numpy(values) for name, values in run.capture(run.batches[-1]).items()}
    if "latents" not in capture:
        return f"{share:.0%}", "–", "–"
    ratio = cp.statistics.mode_seeking_ratio(generated=capture["generated"], latents=capture["latents"])
    return f"{share:.0%}", f"{run.steps['active_latents'].dropna().iloc[-1]:.0f}", f"{ratio:.3f}"


def main(arguments: list[str] | None = None) -> None:
    options = parser(__doc__, "runs/without", size=16, steps=1500, width=128, batch=64)
    options.add_argument("--model", choices=[*MODELS, "all"], default="all")
    options.add_argument("--beta", type=float, default=4.0, help="weight of the divergence (default: %(default)s)")
    options.add_argument("--lr", type=float, default=1e-3)
    chosen = options.parse_args(arguments)
    pictures = digits(chosen.size)[0] if chosen.data is None else read(chosen.data, chosen.size)[0]
    pictures = pictures[torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))].to(chosen.device)
    lines = [f"{'model':12}{'diversity':>10}{'latents in use':>16}{'mode seeking':>14}   verdict"]
    for name in MODELS if chosen.model == "all" else [chosen.model]:
        weight = MODELS[name]
        run = fit_mixture(pictures, chosen) if weight is None else train(name, weight, pictures, chosen)
        tell(run, EM_ITERATIONS if weight is None else chosen.steps)
        share, active, ratio = ending(run)
        lines.append(f"{name:12}{share:>10}{active:>16}{ratio:>14}   {run.verdict.kind}")
    print("\n".join(lines))
    print(f"report: {cp.report(chosen.run, chosen.run / 'report.html', title='Without a discriminator')}")


if __name__ == "__main__":
    main()
