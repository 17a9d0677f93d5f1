"""The page of examples/drawings.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import _drawn
import drawings
import numpy as np

import collapse_probe as cp

from .overfitting import known, known_table, onset
from .scoring import DRAWN, HEADER, METHOD, Judge, Scored, best_steps, cells, judge, right_and_wrong, scored, seeds
from .screens import opened, strips

LEAP, BEFORE, LASTS, MOST = 2.0, 200, 0.1, 0.8
LONGER_RATE = 3e-3


@dataclass(frozen=True)
class Attempt:
    """A run with its truth, and since when, by what the loop itself logged, the generator's loss had leapt."""

    experiment: str
    seed: str
    scored: Scored
    leap: int | None

    @property
    def flagged(self) -> int | None:
        """The onset of the first revolution that was flagged."""
        return onset(self.scored.run, "revolution")

    def end(self, column: str) -> float:
        """Mean over the last tenth of the run."""
        values = self.scored.run.steps[column]
        return float(values.iloc[-max(1, len(values) // 10) :].mean())

    def share(self, step: int) -> float:
        """Effective kinds at the capture nearest to a step, as a share of real drawings'."""
        return self.scored.kinds(step) / self.scored.real_modes

    def certain(self, step: int) -> float:
        """The share of the pictures there that are certainly of some kind."""
        return float(self.scored.truth["quality"][self.scored.nearest(step)])


def leap(run: cp.Run) -> int | None:
    """The first step after which the generator's loss has doubled, and stays so for a tenth of the run."""
    loss = run.steps["loss_g"].to_numpy(float)
    after = round(LASTS * len(loss))
    for step in range(BEFORE, len(loss) - after, 10):
        if np.mean(loss[step : step + after] >= LEAP * np.median(loss[step - BEFORE : step])) >= MOST:
            return int(run.steps.index[step])
    return None


HEAD = """# Own drawings: few pictures, three attempts, and what each came to

```sh
python examples/drawings.py --seed 0   # likewise to {last}: all three, one after another, each to its end
```

{drawn} drawn faces, {size}×{size}, and the attempts as they were told of: **first**, plain labels and 5 latent numbers;
**noise** on the labels of both kinds; **mirrored** pictures, 10 latent numbers and noise on real labels only. They are
{lengths} steps long. The learning rates are those at which, of a dozen that were tried, a discriminator that is poor at
first comes to win at once; seeds 0 to 3 were among the trials. Made by `make examples` from its runs.

## The discriminator revolution

{revolution}

![Faces of the first attempt, seed {seed}](drawings-samples.png)

![The course of the first attempt, seed {seed}](drawings-course.png)

## By seed

{table}

{outcomes}

{method} Real drawings have {real:.1f}: hair, with or without glasses. *Leaps*, by what the loop logged:
in four of five steps of a tenth of the run the generator's loss is {leap:g} times its median over the {before} steps
before, or more. *Revolution* is the onset of what the probe flagged.

## Does anybody know the drawings by heart?

Mirrored copies are no new data, and {drawn} drawings are few. {unseen} more are held out (`held_out=`): the probe asks
the discriminator about them and about as many that it trains on. `discriminator_overfitting` is 0 where it rates both
alike and 1 where it tells every one apart; the median of five captures was at most {known:.2f} in the attempts above,
and {overfitting} of {attempts} were flagged. {copies} generators were flagged for repeating drawings (`memorisation`).

Slower, with the rates of {rate:g} for both players and {longer:,} steps of the first attempt, the discriminator comes
to know them:

{known_table}

## Compared at equal steps

The attempts are of unequal length, which alone can make one look better. Kinds as a share of real drawings', and beside
them the discriminator's edge over the last tenth of the run (0: it cannot tell them apart; 1: always), means over the
seeds:

{compared}

## Level losses

Losses that stay level are no sign of health. Means over the seeds:

{levels}

## The best pictures

{best}

![All attempts of seed {seed} in the report](drawings-overview.png)

The sheet of the same latents over time is in the report of each run, and as a film: `collapse-probe movie`.
"""


def page(runs: Path, pictures: Path) -> str:
    folders = seeds(runs)
    longer = [cp.load(folder / "first") for folder in seeds(runs / "longer")]
    size = cp.load(folders[0] / "first").reference.shape[-1]
    by = judge(_drawn.faces, size)
    found = {name: [attempt(folder, name, by) for folder in folders] for name in drawings.EXPERIMENTS}
    shown = max(found["first"], key=lambda each: (each.leap is not None and each.flagged is not None, each.leap or 0))
    draw(shown, runs / shown.seed, pictures)
    every = [each for attempts in found.values() for each in attempts]
    scores = [each.scored for each in every]
    return HEAD.format(
        last=folders[-1].name, drawn=drawings.DRAWN, size=size, seed=shown.seed,
        lengths=", ".join(f"{attempts[0].scored.planned:,}" for attempts in found.values()),
        revolution=revolution(found), table=table(every), outcomes=f"{right_and_wrong(scores)} {best_steps(scores)}",
        method=METHOD.format(drawn=DRAWN, accuracy=by.classify.accuracy),
        real=shown.scored.real_modes, leap=LEAP, before=BEFORE, compared=compared(found),
        levels=levels(found), best=best(found), unseen=drawings.UNSEEN, known=max(known(each.run) for each in scores),
        overfitting=sum(onset(each.run, "overfitting") is not None for each in scores), attempts=len(scores),
        copies=sum(onset(each.run, "memorisation") is not None for each in scores), rate=LONGER_RATE,
        longer=len(longer[0].steps), known_table=known_table(longer),
    )  # fmt: skip


def attempt(folder: Path, experiment: str, by: Judge) -> Attempt:
    read = scored(folder / experiment, by, stop_on=drawings.STOPS)
    return Attempt(experiment, folder.name, read, leap(read.run))


def revolution(found: Mapping[str, Sequence[Attempt]]) -> str:
    """How often the loss leapt, and how often that was flagged."""
    lines = []
    for name, attempts in found.items():
        leapt = [each for each in attempts if each.leap is not None]
        flagged = sum(each.flagged is not None for each in leapt)
        vain = sum(each.flagged is not None for each in attempts) - flagged
        lines.append(
            f"- **{name}**: the generator's loss leaps in {len(leapt)} of {len(attempts)} seeds; {flagged} were "
            f"flagged as a revolution, and {vain} of the others."
        )
    return "\n".join(lines)


def table(attempts: Sequence[Attempt]) -> str:
    lines = [HEADER.format("attempt | seed").splitlines()[0] + " leaps | revolution |", "|---" * 12 + "|"]
    for each in attempts:
        since = ["–" if n is None else f"{n:,}" for n in (each.leap, each.flagged)]
        lines.append(f"| {' | '.join([each.experiment, each.seed, *cells(each.scored), *since])} |")
    return "\n".join(lines)


def compared(found: Mapping[str, Sequence[Attempt]]) -> str:
    """At the step that all reached, at the end, and at the best step."""
    common = min(each.scored.run.batches[-1] for attempts in found.values() for each in attempts)
    lines = [
        f"| attempt | steps | kinds at step {common:,} | at the end | at the best step | edge at the end |",
        "|---|---|---|---|---|---|",
    ]
    for name, attempts in found.items():
        at = [np.mean([each.share(step) for each in attempts]) for step in (common, 10**9)]
        bests = [each.share(step) for each in attempts if (step := each.scored.run.verdict.best_step) is not None]
        edge = np.mean([each.end("edge") for each in attempts])
        shown = [f"{at[0]:.0%}", f"{at[1]:.0%}", f"{np.mean(bests):.0%}" if bests else "–", f"{edge:.2f}"]
        lines.append(f"| {name} | {attempts[0].scored.planned:,} | {' | '.join(shown)} |")
    return "\n".join(lines)


def levels(found: Mapping[str, Sequence[Attempt]]) -> str:
    """Level losses are no health: what noise on both labels does to the losses and to the pictures."""
    lines = [
        "| attempt | G's loss, third quarter | last quarter | D's loss, third quarter | last quarter "
        "| came to nothing | certainly of some kind at the end |",
        "|---|" + "---|" * 6,
    ]
    for name, attempts in found.items():
        quarters = [
            np.mean([each.scored.run.steps[column].iloc[part(len(each.scored.run.steps))].mean() for each in attempts])
            for column in ("loss_g", "loss_d")
            for part in (lambda n: slice(n // 2, 3 * n // 4), lambda n: slice(3 * n // 4, n))
        ]
        lost = sum(each.scored.lost for each in attempts)
        sure = np.mean([each.scored.truth["quality"].iloc[-3:].mean() for each in attempts])
        shown = [*(f"{loss:.2f}" for loss in quarters), f"{lost} of {len(attempts)}", f"{sure:.0%}"]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines)


def best(found: Mapping[str, Sequence[Attempt]]) -> str:
    """The attempt and step whose pictures show the most kinds for certain, and how far that is from the end."""
    every = [
        (each.share(at) * each.certain(at), each, at)
        for attempts in found.values()
        for each in attempts
        if (at := each.scored.run.verdict.best_step) is not None
    ]
    _, each, at = max(every, key=lambda one: one[0])
    return (
        f"Of all attempts the best pictures, by kinds times the share that certainly is of one, are those of "
        f"**{each.experiment}**, seed {each.seed}, at its best step {at:,} of {each.scored.planned:,}: "
        f"{each.share(at):.0%} of real drawings' kinds, {each.certain(at):.0%} for certain, and at its end "
        f"{each.share(10**9):.0%} and {each.certain(10**9):.0%}."
    )


def draw(shown: Attempt, folder: Path, pictures: Path) -> None:
    run, best_step = shown.scored.run, shown.scored.run.verdict.best_step
    times = {
        "before": (shown.leap or 0) - 50 if shown.leap else None,
        "best step": best_step,
        "end": run.batches[-1],
    }
    nearest = {f"{name}, step {at:,}": shown.scored.nearest(at) for name, at in times.items() if at is not None}
    strips({name: run.batch(at) for name, at in nearest.items()}, (-1, 1), pictures / "drawings-samples.png")
    report = cp.report(cp.load_runs(folder), folder / "report.html", title="Drawings")
    with opened(report) as screens:
        screens.overview(pictures / "drawings-overview.png")
        screens.card("first", "Over training", pictures / "drawings-course.png", height=900)
