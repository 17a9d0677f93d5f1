"""The page of examples/digits_networks.py."""

from pathlib import Path

import torch

import collapse_probe as cp

from .screens import opened
from .sheets import ACROSS, contact_sheet, under_names

HEAD = """# Digits by two networks: fully connected and convolutional

```sh
python examples/digits_networks.py                                             # both, and a report that compares them
python examples/digits_networks.py --mnist mnist.npz --width 64 --steps 14000 --lr 2e-4 --device cuda
python examples/digits_networks.py --data FOLDER                               # your own pictures
```

A new GAN is the old one with parts exchanged. Here it is the network: loss, optimizer, data, labels and the line that
attaches the probe stay as they are. **dense** has three dense layers each; its pixels know nothing of their neighbours.
**convolutional** is dense 1024, dense 128·7·7, twice an upsampling and a 5×5 convolution; its discriminator has 5×5
convolutions of stride 2 and dropout of 0.5. By default all are {part} as wide, on scikit-learn's digits scaled to
{size}×{size}; {steps:,} steps. Made by `make examples`, seed {seed}.

## Grainy and clean

{table}

*Readable*: the five nearest of {known} real digits agree but for one, and the nearest is not farther than it is for
95 % of {unseen} other real ones. *Digits*: how many of the ten at least one sample in fifty is read as. *Roughness*:
how far a pixel is from the mean of the four beside it, in standard deviations of all pixels.

![The last batches beside real digits](digits_networks-samples.png)

{verdicts}

## What z does to the picture

The sheet of fixed latents need not be random. In each of its rows here the latents turn, in equal steps, from one to
another: `cp.attach(G, D, fixed_latents=from_one_to_another(), ...)`. Pictures that change along a row follow their
latents; a generator that ignores them repeats one picture. *Mode seeking* above says it in one number, the mean
distance between pictures over that between their latents (`cp.statistics.mode_seeking_ratio`): 0 where latents are
ignored. It is to be compared between generators with the same latents only.

![The same rows of latents by both networks](digits_networks-latents.png)

In time, by capture:

| step | {names} |
|---|---|---|
{course}

The report has both runs side by side, the sheets as a film under its slider, and, for the captured samples, whose
latents `attach` keeps by itself, the panel *Do the latents matter?*:

![Do the latents matter? In `convolutional`](digits_networks-matter.png)

![Both runs in the report](digits_networks-overview.png)
"""


def page(runs: Path, pictures: Path) -> str:
    import digits_networks as example
    from _digits import Reader, digits, roughness

    found = [cp.load(runs / name) for name in example.NETWORKS]
    last = {run.name: torch.from_numpy(run.batch(run.batches[-1])) for run in found}
    size = next(iter(last.values())).shape[-1]
    real, labels = digits(size)
    order = torch.randperm(len(real), generator=torch.Generator().manual_seed(0))
    reader = Reader(real[order], labels[order])
    lines = ["| | readable | digits | roughness | mode seeking |", "|---|---|---|---|---|"]
    for name, samples in {"real, unseen": reader.unseen, **last}.items():
        share, kinds = reader(samples)
        seeking = ratio(next(run for run in found if run.name == name), -1) if name in last else "–"
        lines.append(f"| {name} | {share:.0%} | {kinds} | {roughness(samples):.2f} | {seeking} |")
    rows = {"real": reader.unseen[:ACROSS], **{name: samples[: 2 * ACROSS] for name, samples in last.items()}}
    sheets = {name: contact_sheet(samples.numpy(), columns=ACROSS) for name, samples in rows.items()}
    under_names(sheets, pictures / "digits_networks-samples.png")
    turned = {run.name: contact_sheet(run.sheet(run.sheets[-1]), columns=example.COLUMNS) for run in found}
    under_names(turned, pictures / "digits_networks-latents.png", beside=True)
    with opened(cp.report(found, runs / "report.html", title="Digits by two networks")) as screens:
        screens.overview(pictures / "digits_networks-overview.png")
        screens.panel("convolutional", "Do the latents matter?", pictures / "digits_networks-matter.png")
    places = range(0, len(found[0].sheets), max(1, len(found[0].sheets) // 5))
    course = [f"| {found[0].sheets[at]:,} | " + " | ".join(ratio(run, at) for run in found) + " |" for at in places]
    tags = found[0].info["tags"]
    return HEAD.format(
        part=f"{int(tags['width'])}/64", size=size, steps=len(found[0].steps), seed=tags["seed"],
        table="\n".join(lines), known=len(real) - len(reader.unseen), unseen=len(reader.unseen),
        verdicts=" ".join(f"**{run.name}**: {run.verdict.kind}. {run.verdict.reason}" for run in found),
        names=" | ".join(run.name for run in found), course="\n".join(course),
    )  # fmt: skip


def ratio(run: cp.Run, place: int) -> str:
    """The mode-seeking ratio of one of a run's sheets."""
    from digits_networks import from_one_to_another

    sheet = torch.from_numpy(run.sheet(run.sheets[place]))
    return f"{cp.statistics.mode_seeking_ratio(generated=sheet, latents=from_one_to_another()):.2f}"
