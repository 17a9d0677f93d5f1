"""The page of examples/basics.py."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import basics
import torch

import collapse_probe as cp

from .scoring import seeds
from .screens import opened

HEAD = """# The basics: what mode collapse is, and three losses side by side

Made by `make examples` from its runs of

```sh
python examples/basics.py --seed 0        # and 1 to {last}
```

## A generator that draws dogs only

The data are a third each of drawn dogs, cats and birds. A generator that draws one kind only has the shares 1, 0 and 0,
however good its pictures are: its losses do not say so, the shares do. `modes=` takes any function from samples to
classes, here a logistic regression on pixels; at every capture the probe counts. The second row is such a generator:
real pictures of one class. *Distance* is the Wasserstein distance between as many generated and real pictures.
"""
COURSES = """
![The three runs of seed 0 in the report](basics-overview.png)

The generated batch of the GAN beside real data, the distances between samples, and the shares of classes, at the end:

![The last batch of the GAN](basics-gan.png)

A critic's score is no probability, and the report does not take it for one: losses and scores of the WGAN are in its
own units. `edge` says how often the critic puts a real picture above a generated one: the same for every loss. A critic
that is always ahead is no revolution.

![The WGAN over training](basics-wgan.png)
"""
WORKED = """## The Wasserstein distance by hand

Two histograms of 14 units each; the work of moving one onto the other, and the three numbers that make it comparable
across scales. Then all of the mass in one bin, and ever farther from the real one: once the supports part,
Jensen-Shannon says ln 2 = 0.6931 wherever the generator is, and has no gradient; Wasserstein says how far it is.

```text
{table}
```

`cp.statistics.wasserstein_histogram(generated=, real=, normalize=)` and
`cp.statistics.jensen_shannon_histogram(generated=, real=)` are these; `cp.statistics.wasserstein` takes samples.
"""


def page(runs: Path, pictures: Path) -> str:
    found = {seed.name: cp.load_runs(seed) for seed in seeds(runs)}
    first = next(iter(found.values()))
    report = cp.report(first, runs / "report.html", title="The basics")
    with opened(report) as screens:
        screens.overview(pictures / "basics-overview.png")
        screens.pictures(first[0].name, pictures / "basics-gan.png")
        screens.card("wgan", "Over training", pictures / "basics-wgan.png", height=700)
    parts = [HEAD.format(last=list(found)[-1]), table(found), COURSES, WORKED.format(table=basics.histograms())]
    return "\n".join(parts)


def table(found: Mapping[str, Sequence[cp.Run]]) -> str:
    """A row for the data, for one class of it, and for the end of each run."""
    run = next(iter(found.values()))[0]
    pictures, kinds = basics.animals(basics.DRAWN, run.batch(run.batches[-1]).shape[-1])
    names = sorted(set(kinds))
    labels = torch.tensor([names.index(kind) for kind in kinds])
    halves = pictures[::2], pictures[1::2]
    one = halves[0][labels[::2] == names.index("dog")]
    lines = [
        "| | seed | " + " | ".join(f"{name}s" for name in names) + " | distance |",
        "|---|---|" + "---|" * (len(names) + 1),
    ]
    lines.append(row("real data", "–", torch.bincount(labels) / len(labels), distance(*halves)))
    shares = torch.nn.functional.one_hot(torch.tensor(names.index("dog")), len(names))
    lines.append(row("dogs only", "–", shares, distance(one, halves[1])))
    for loss in basics.LOSSES:
        for seed, runs in found.items():
            run = next(run for run in runs if run.name == loss)
            if len(run.statistics):
                last = run.statistics.filter(like="mode_shares").iloc[-1]
                generated = torch.from_numpy(run.batch(run.batches[-1])).float()
                lines.append(row(loss, seed, torch.from_numpy(last.to_numpy()), distance(generated, halves[1])))
    return "\n".join(lines) + "\n"


def row(name: str, seed: str, shares: torch.Tensor, far: float) -> str:
    return f"| {name} | {seed} | " + " | ".join(f"{share:.2f}" for share in shares) + f" | {far:.2f} |"


def distance(generated: torch.Tensor, real: torch.Tensor) -> float:
    few = min(len(generated), len(real), 256)
    return float(cp.statistics.wasserstein(generated=generated[:few].flatten(1), real=real[:few].flatten(1)))
