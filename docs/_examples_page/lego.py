"""The page of examples/lego.py."""

from collections.abc import Sequence
from pathlib import Path

import _drawn

import collapse_probe as cp

from .scoring import DRAWN, METHOD, Scored, judge, right_and_wrong, scored, seeds, table
from .screens import opened, strips

PASSES, SECONDS, TRIES = 300, 20, 4
"""The original: passes over the photographs, each of twenty-odd seconds, and how often it was begun anew."""
STOP_ON = ("collapse", "divergence")

HEAD = """# Bricks: told when training tips over, with the generator from before

```sh
python examples/lego.py --beta1 0.9 --seed 0            # stops when the probe says so, and keeps the best generator
python examples/lego.py --beta1 0.9 --seed 0 --run-on   # as scored here: on to the end, to see what becomes of it
python examples/lego.py --seed 0 --run-on               # the book's rate of forgetting, 0.5
```

The DCGAN of *Generative Deep Learning* (Foster, 2nd ed., chapter 4) on drawn bricks of {kinds} kinds, {size}×{size}:
label noise outside of [0, 1], both updates from one pass, {steps:,} steps. Made by `make examples` from its runs.

**With the book's β₁ = 0.5, {book}.** At this size its loop is sound. With Adam's own default, β₁ = 0.9, which is what
one gets who forgets to set it, {momentum}. Everything else is the same.

## By seed, with β₁ = 0.9

{table}

{outcome}

{method}

{book_table}

## What a stop saves

Four tries of {passes} passes at {seconds} s each were {hours:.1f} hours. Here stopping spares {share:.0%} of the steps
of a run on average, over all {count} seeds, and {lost:.0%} of one that tips; {wrong}. If the original's tries tip over
at the same shares of their length, that is {saved:.1f} of the {hours:.1f} hours. This is arithmetic on drawn bricks at
{size}×{size}, not a measurement of the original.

## One that tipped: seed {seed}

![Generated bricks of seed {seed} over time](lego-samples.png)

![What the report says of it](lego-banner.png)

![Its course](lego-course.png)

All of them, in the report:

![The runs in the report](lego-overview.png)
"""


def page(runs: Path, pictures: Path) -> str:
    book, momentum = (seeds(runs / name) for name in ("book", "momentum"))
    size = cp.load(momentum[0]).batch(cp.load(momentum[0]).batches[0]).shape[-1]
    by = judge(_drawn.bricks, size)
    of_book, found = ([scored(path, by, stop_on=STOP_ON) for path in paths] for paths in (book, momentum))
    tipped = [each for each in found if each.lost]
    shown = max(tipped or found, key=lambda each: each.label.begin or 0)
    draw(shown, momentum, runs, pictures)
    hours = TRIES * PASSES * SECONDS / 3600
    rightly = [each.saved if each.lost and each.outcome == "caught" else 0.0 for each in found]
    share = sum(rightly) / len(found)
    wrong = sum(each.outcome == "**false alarm**" for each in found)
    return HEAD.format(
        kinds=len(by.names), size=size, steps=found[0].planned, book=tips(of_book), momentum=tips(found),
        table=table("seed", [(each.run.name, each) for each in found]), outcome=right_and_wrong(found),
        method=METHOD.format(drawn=DRAWN, accuracy=by.classify.accuracy),
        book_table="With β₁ = 0.5:\n\n" + table("seed", [(each.run.name, each) for each in of_book]),
        passes=PASSES, seconds=SECONDS, hours=hours, share=share, count=len(found),
        lost=sum(rightly) / max(len(tipped), 1),
        wrong=f"{wrong} were stopped in vain" if wrong else "none was stopped in vain",
        saved=share * hours, seed=shown.run.name,
    )  # fmt: skip


def tips(found: Sequence[Scored]) -> str:
    """How many of the runs tip over."""
    lost = sum(each.lost for each in found)
    return f"{'none' if not lost else lost} of {len(found)} seeds {'tips' if lost < 2 else 'tip'} over"


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
