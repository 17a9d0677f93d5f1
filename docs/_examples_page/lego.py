"""The page of examples/lego.py."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import _drawn
import lego
import numpy as np
import torch
from _detection.truth import effective_modes
from safetensors.torch import load_file

import collapse_probe as cp

from .scoring import DRAWN, METHOD, Judge, Scored, best_steps, judge, right_and_wrong, scored, seeds, table
from .screens import opened, strips

BEFORE = 60
"""Steps before a run tipped over, at which its pictures are shown once more."""
PASSES, SECONDS, TRIES = 300, 20, 4
"""The original: passes over the photographs, each of twenty-odd seconds, and how often it was begun anew."""

HEAD = """# Bricks: told when nothing good will come any more, and the generator from before

```sh
python examples/lego.py --seed 0                              # the book's loop; stops when the probe says so
python examples/lego.py --dropout 0 --steps 4000              # without dropout: well for long, and then not
python examples/lego.py --dropout 0 --steps 4000 --run-on     # as scored here: on to the end, to see what becomes of it
```

The DCGAN of *Generative Deep Learning* (Foster, 2nd ed., chapter 4) on drawn bricks of {kinds} kinds, {size}×{size}:
label noise outside of [0, 1], both updates from one pass, {steps:,} steps. Learning rates and the dropout left out are
what came, in trials mostly with other seeds, to an end that one would want to be told of. Made by `make examples` from
its runs.

- With the book's dropout of 0.3 in the discriminator: {book}.
- Without it, and everything else the same: {tipping}.

Without dropout the discriminator ends up certain of every picture: targets outside of [0, 1] reward that without end.
Its loss then lies at its floor, here {floor:.2f}, and the generator's at its ceiling, {ceiling:.1f}: both are computed
from clipped probabilities, as in Keras, and beyond the clip there is no gradient. Some generators tip over on the way
there. As long as the losses stand there, nothing that a generator draws changes, good or bad. Over the last tenth of
the runs the discriminator's loss was {ends}. Where it is {taken:.2f}, it ended up certain that everything is real.

![Generated bricks of seed {seed} over time](lego-samples.png)

## By seed, without dropout

{table}

{outcome} {best_steps}

{method} Real bricks have {real:.1f}.

## By seed, with the book's dropout

{book_table}

{book_outcome}

## The generator that is kept

`keep_best` wrote the weights of the best step so far beside the record, `best.safetensors`. Loaded into a fresh
generator, of 256 pictures drawn with new latents {kept}.

## What a stop saves

{hours}

## One of them: seed {seed}, without dropout

![What the report says of it](lego-banner.png)

![Its course](lego-course.png)

All of them, in the report:

![The runs in the report](lego-overview.png)
"""


def page(runs: Path, pictures: Path) -> str:
    folders = {name: seeds(runs / name) for name in ("book", "without_dropout")}
    first = cp.load(folders["without_dropout"][0])
    by = judge(_drawn.bricks, first.batch(first.batches[0]).shape[-1])
    read = {name: [scored(path, by, stop_on=lego.STOPS) for path in paths] for name, paths in folders.items()}
    book, found = read["book"], read["without_dropout"]
    shown = max(found, key=telling)
    draw(shown, folders["without_dropout"], runs, pictures)
    return HEAD.format(
        kinds=len(by.names), size=by.data.samples.shape[-1], steps=found[0].planned, book=became(book),
        tipping=became(found), floor=floor(), ceiling=-math.log(1e-7), taken=-math.log(1e-7) / 2, ends=ends(found),
        table=by_seed(found), outcome=right_and_wrong(found),
        best_steps=best_steps(found), real=found[0].real_modes,
        method=METHOD.format(drawn=DRAWN, accuracy=by.classify.accuracy), book_table=by_seed(book),
        book_outcome=right_and_wrong(book), kept=kept(found, by), hours=hours(found), seed=shown.run.name,
    )  # fmt: skip


def telling(each: Scored) -> tuple[bool, bool, int, int]:
    """The higher, the more there is to see: a run that was stopped, tipped over, and stood still early."""
    return each.stop is not None, bool(each.label.dips), each.label.settled or 0, -(each.still or 0)


def floor() -> float:
    """The discriminator's loss where it is certain of every picture, and right, on average over its noisy labels."""
    noise = torch.linspace(0, lego.NOISE, 101)
    certain = torch.ones(101)
    return float(lego.cross_entropy(certain, 1 + noise) + lego.cross_entropy(1 - certain, 0 - noise)) / 2


def ends(found: Sequence[Scored]) -> str:
    """The discriminator's loss over the last tenth of each run."""
    losses = [each.run.steps["loss_d"].iloc[-max(1, each.planned // 10) :].mean() for each in found]
    return ", ".join(f"{loss:.2f}" for loss in losses)


def kept(found: Sequence[Scored], by: Judge) -> str:
    """What the kept generators of the runs that were to be stopped draw, and what the last ones drew."""
    shares = []
    for each in (each for each in found if each.stop is not None):
        weights = load_file(each.run.path / "best.safetensors")
        weights = {name.removeprefix("generator."): value for name, value in weights.items()}
        width = weights["0.weight"].shape[1] // 8
        generator, _ = lego.networks(by.data.samples.shape[-1], width, 0.0)
        generator.load_state_dict(weights)
        generator.eval()
        with torch.no_grad():
            drawn = generator(torch.randn(256, lego.LATENT, 1, 1, generator=torch.Generator().manual_seed(0)))
        labels, _ = by.classify(drawn)
        shares.append((effective_modes(labels, len(by.names)), float(each.truth["effective_modes"].iloc[-1])))
    if not shares:
        return "nothing is to be told: no run was to be stopped"
    before, last = np.array(shares).T
    real = found[0].real_modes
    return (
        f"those of the {len(shares)} runs that were to be stopped show {before.mean() / real:.0%} of "
        f"real pictures' effective kinds on average ({before.min() / real:.0%} at least); the generators of the "
        f"last step {last.mean() / real:.0%}"
    )


def hours(found: Sequence[Scored]) -> str:
    """By the clock of the runs themselves, of as many as the author tried; and what that would be of the original."""
    tries = found[:TRIES]
    whole = sum(each.seconds(None) for each in tries)
    with_stops = sum(each.seconds(each.stop) for each in tries)
    original = TRIES * PASSES * SECONDS / 3600
    share = 1 - with_stops / whole
    every = sum(each.saved for each in found) / len(found)
    return (
        f"The author waited for {TRIES} tries to end. Here the first {len(tries)} seeds took {whole / 60:.1f} minutes "
        f"to their ends, by the clock in their records, and {with_stops / 60:.1f} minutes to the probe's stops, where "
        f"it stopped them: {(whole - with_stops) / 60:.1f} minutes or {share:.0%} are saved. Of all {len(found)} seeds "
        f"the stops save {every:.0%} of the steps. The original's {TRIES} tries of {PASSES} passes at {SECONDS} s each "
        f"were {original:.1f} hours; the same share of them is {share * original:.1f} hours, which is arithmetic and "
        "no measurement of the original."
    )


def by_seed(found: Sequence[Scored]) -> str:
    return table("seed", [(each.run.name, each) for each in found])


def became(found: Sequence[Scored]) -> str:
    """What the runs truly came to, counted."""
    then = {False: "", True: ", then at a standstill"}
    kinds = Counter(f"{each.label.kind.replace('_', ' ')}{then[each.still is not None]}" for each in found)
    return f"of {len(found)} seeds {'; '.join(f'{count} {kind}' for kind, count in kinds.most_common())}"


def draw(shown: Scored, paths: Sequence[Path], runs: Path, pictures: Path) -> None:
    """One run over time, and all in the overview."""
    run, best = shown.run, shown.run.verdict.best_step
    tipped = shown.label.begin if not shown.label.dips else max(shown.label.dips, key=lambda dip: dip[1] - dip[0])[0]
    before = None if tipped is None else tipped - BEFORE
    times = {"before": before, "tipped": tipped, "stands still": shown.still, "stop": shown.stop, "best step": best}
    times["end"] = run.batches[-1]
    in_order = sorted((at, name) for name, at in times.items() if at is not None)
    nearest = {f"{name}, step {at:,}": shown.nearest(at) for at, name in in_order}
    strips({name: run.batch(at) for name, at in nearest.items()}, (-1, 1), pictures / "lego-samples.png")
    report = cp.report([cp.load(path) for path in paths], runs / "report.html", title="Bricks")
    with opened(report) as screens:
        screens.overview(pictures / "lego-overview.png")
        screens.banner(run.name, pictures / "lego-banner.png")
        screens.card(run.name, "Over training", pictures / "lego-course.png", height=900)
