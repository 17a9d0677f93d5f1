"""The page of examples/lego.py."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import _drawn
import lego

import collapse_probe as cp

from .scoring import DRAWN, METHOD, Scored, judge, right_and_wrong, scored, seeds, table
from .screens import opened, strips

PASSES, SECONDS, TRIES = 300, 20, 4
"""The original: passes over the photographs, each of twenty-odd seconds, and how often it was begun anew."""

HEAD = """# Bricks: is this try worth waiting for, and the generator from before

```sh
python examples/lego.py --seed 0                        # the book's loop: stops when the probe says so
python examples/lego.py --seed 0 --run-on               # as scored here: on to the end, to see what becomes of it
python examples/lego.py --seed 0 --beta1 0.9 --run-on   # with Adam's own momentum, for who forgets the book's 0.5
```

The DCGAN of *Generative Deep Learning* (Foster, 2nd ed., chapter 4) on drawn bricks of {kinds} kinds, {size}×{size}:
label noise outside of [0, 1], both updates from one pass, {steps:,} steps. Made by `make examples` from its runs.

- With the book's β₁ = 0.5: {book}.
- With Adam's own default, β₁ = 0.9, and everything else the same: {momentum}.

{plainly}

## By seed, with β₁ = 0.9

{table}

{outcome}

{method}

## By seed, with the book's β₁ = 0.5

{book_table}

{book_outcome}

## What a stop saves

The original's four tries of {passes} passes at {seconds} s each were {hours:.1f} hours. With β₁ = 0.9 the stop spares
{share:.0%} of the steps of a try on average, and stops {vain} of {count} seeds that were worth going on with. At the
same shares of the original's length that would be {saved:.1f} of the {hours:.1f} hours. This is arithmetic on drawn
bricks at {size}×{size}, not a measurement of the original.

## One of them: seed {seed}, β₁ = 0.9

![Generated bricks of seed {seed} over time](lego-samples.png)

![What the report says of it](lego-banner.png)

![Its course](lego-course.png)

All of them, in the report:

![The runs in the report](lego-overview.png)
"""
PLAINLY = """**The story's failure, well for a while and then tipped over in mid-training, is not among the runs of the
book's loop at this size.** The failure that can be had from it here is that of a forgotten β₁."""


def page(runs: Path, pictures: Path) -> str:
    folders = {name: seeds(runs / name) for name in ("book", "momentum")}
    first = cp.load(folders["momentum"][0])
    by = judge(_drawn.bricks, first.batch(first.batches[0]).shape[-1])
    read = {name: [scored(path, by, stop_on=lego.STOPS) for path in paths] for name, paths in folders.items()}
    book, found = read["book"], read["momentum"]
    shown = max(found, key=lambda each: (each.outcome == "caught", each.label.begin or 0))
    draw(shown, folders["momentum"], runs, pictures)
    hours = TRIES * PASSES * SECONDS / 3600
    share = sum(each.saved for each in found if each.outcome == "caught") / len(found)
    return HEAD.format(
        kinds=len(by.names), size=by.data.samples.shape[-1], steps=found[0].planned, book=became(book),
        momentum=became(found), plainly="" if any(each.label.settled for each in book) else PLAINLY,
        table=by_seed(found), outcome=right_and_wrong(found), book_table=by_seed(book),
        book_outcome=right_and_wrong(book), method=METHOD.format(drawn=DRAWN, accuracy=by.classify.accuracy),
        passes=PASSES, seconds=SECONDS, hours=hours, share=share, saved=share * hours, count=len(found),
        vain=sum(each.outcome == "**false alarm**" for each in found), seed=shown.run.name,
    )  # fmt: skip


def by_seed(found: Sequence[Scored]) -> str:
    return table("seed", [(each.run.name, each) for each in found])


def became(found: Sequence[Scored]) -> str:
    """What the runs truly came to, counted."""
    kinds = Counter(each.label.kind.replace("_", " ") for each in found)
    return f"of {len(found)} seeds {', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}"


def draw(shown: Scored, paths: Sequence[Path], runs: Path, pictures: Path) -> None:
    """One run over time, and all in the overview."""
    run, best = shown.run, shown.run.verdict.best_step
    times = {"best step": best, "begins": shown.label.begin, "stop": shown.stop, "end": run.batches[-1]}
    nearest = {f"{name}, step {at:,}": shown.nearest(at) for name, at in times.items() if at is not None}
    strips({name: run.batch(at) for name, at in nearest.items()}, (-1, 1), pictures / "lego-samples.png")
    report = cp.report([cp.load(path) for path in paths], runs / "report.html", title="Bricks")
    with opened(report) as screens:
        screens.overview(pictures / "lego-overview.png")
        screens.banner(run.name, pictures / "lego-banner.png")
        screens.card(run.name, "Over training", pictures / "lego-course.png", height=900)
