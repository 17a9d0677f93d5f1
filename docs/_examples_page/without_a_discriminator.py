"""The page of examples/without_a_discriminator.py."""

from pathlib import Path

import collapse_probe as cp

from .screens import opened
from .sheets import ACROSS, contact_sheet, under_names

MODELS = ("autoencoder", "vae", "strict", "tightened", "mixture")
HEAD = """# Without a discriminator: autoencoder, variational autoencoder and Gaussian mixture

```sh
python examples/without_a_discriminator.py                    # all five, and a report
python examples/without_a_discriminator.py --model tightened
python examples/without_a_discriminator.py --data FOLDER      # your own pictures
```

Scikit-learn's digits, {size}×{size}, and generators that no discriminator judges; {seeds}. Made by `make examples`.

- **autoencoder** rebuilds pictures from {latent} numbers. Samples are decoded from normal latents, which it was never
  trained on.
- **vae** learns to: its codes are pulled towards the normal distribution.
- **strict** is pulled {strict:g} times as hard. Saying nothing with the codes is then cheaper than saying something,
  and the decoder is left with the mean picture whatever its latents: *posterior collapse*.
- **tightened** is `vae` until half-way, and `strict` from then on: a schedule of weights that goes too far.
- **mixture** is scikit-learn's `GaussianMixture` on principal components, watched over its iterations of EM.

## What was flagged

{table}

*Diversity*: occupancy at the end, as a share of real data's. *Latents in use*: of {latent}, those whose mean has a
variance over the data of more than {active:g} (Burda et al., 2016). *Mode seeking*: how far apart samples lie for how
far apart their latents are.

![Samples at the end of each run, seed {first}](without_a_discriminator-samples.png)

The detectors know nothing of posteriors. They see that samples are all alike: from the start, which is
*never fitted*, or from some step on, which is a *collapse*, with its onset. `latents in use` and the report's
panel on latents say which kind it is: samples that are the same however far apart their latents lie. The height of the
cloud says so, not its rank correlation, which is the same on a scale of nothing. Where no discriminator was seen, the
advice is to lower that weight.

Nor do they know of latents. `autoencoder` narrows by its samples, and they are what is judged: its codes spread as it
learns, here from a standard deviation of {spread[0]:.1f} at step {widest:,}, when diversity was highest, to
{spread[1]:.1f} at the end (seed {first}), so that normal latents, of 1, come from an ever smaller part of where the
codes lie. The decoder has forgotten nothing; other latents would be the remedy, or a `vae`.

![Do the latents matter? In `vae`](without_a_discriminator-latents-vae.png)

![Do the latents matter? In `tightened`](without_a_discriminator-latents-tightened.png)

![What the report says of `tightened`](without_a_discriminator-tightened.png)

## How they are watched

While such a model trains, its decoder makes reconstructions and no samples. So samples are drawn for the probe:

<!-- not run: needs a decoder -->
```python
with cp.Probe(run="runs/vae", real=pictures, total_steps=1500) as probe:
    ...
    probe.step(loss_g=loss, fake=decoder(latents), latents=latents)  # samples every 25 steps, the loss at each
```

`cp.attach(decoder, real=pictures, run=...)` watches a decoder by one line, too; what it captures are the
reconstructions that the loss is computed on. Of an autoencoder these are well when its samples are not.

## What it cannot tell

That latents are ignored raises no event of its own. A decoder that ignores them *and* draws variety from elsewhere, an
autoregressive one for instance, is as varied as data, and is not flagged; `latents in use` would be 0, and the panel on
latents flat. This was not tried here.
"""


def page(runs: Path, pictures: Path) -> str:
    import without_a_discriminator as example

    folders = sorted((folder for folder in runs.iterdir() if folder.is_dir()), key=lambda folder: int(folder.name))
    found = {folder.name: {name: cp.load(folder / name) for name in MODELS} for folder in folders}
    seed, first = next(iter(found.items()))
    last = {name: run.batch(run.batches[-1]) for name, run in first.items()}
    real = first["vae"].reference
    assert real is not None
    rows = {"real": real, **last}
    sheets = {name: contact_sheet(samples[:ACROSS], columns=ACROSS) for name, samples in rows.items()}
    under_names(sheets, pictures / "without_a_discriminator-samples.png")
    with opened(cp.report(list(first.values()), runs / "report.html")) as screens:
        for name in ("vae", "tightened"):
            target = pictures / f"without_a_discriminator-latents-{name}.png"
            screens.panel(name, "Do the latents matter?", target)
        screens.banner("tightened", pictures / "without_a_discriminator-tightened.png")
    names = list(found)
    learning = first["autoencoder"]
    widest = int(learning.statistics["occupancy"].idxmax())
    spread = learning.steps["code_spread"].dropna()
    return HEAD.format(
        size=real.shape[-1], first=seed, strict=example.STRICT, latent=example.LATENT, active=example.ACTIVE,
        widest=widest, spread=(spread[widest], spread.iloc[-1]),
        seeds=f"seeds {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"seed {seed}",
        table="\n".join([TABLE, *(row(each[name], seed) for name in MODELS for seed, each in found.items())]),
    )  # fmt: skip


TABLE = "| model | seed | diversity | latents in use | mode seeking | flagged first | verdict |\n" + "|---" * 7 + "|"


def row(run: cp.Run, seed: str) -> str:
    from without_a_discriminator import ending

    flagged = next((f"{event.kind}, {event.severity}, at step {event.step}" for event in run.event_list), "no")
    return f"| {' | '.join((run.name, seed, *ending(run), flagged, run.verdict.kind))} |"
