"""The page of examples/drawings.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import _drawn
import drawings
import numpy as np

import collapse_probe as cp

from .scoring import DRAWN, METHOD, Judge, Scored, judge, named, scored, seeds
from .screens import opened, strips

EXPERIMENTS = tuple(drawings.EXPERIMENTS)
LEAP, WINDOW, BEFORE, LASTS = 2.0, 50, 200, 0.1


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
        return next((event.onset for event in self.scored.run.event_list if event.kind == "revolution"), None)

    @property
    def memorised(self) -> int | None:
        """Since when the probe says that the generator repeats its data."""
        return next((event.onset for event in self.scored.run.event_list if event.kind == "memorisation"), None)

    def share(self, step: int) -> float:
        """Effective kinds at the capture nearest to a step, as a share of real drawings'."""
        truth = self.scored.truth["effective_modes"]
        at = truth.index.get_loc(self.scored.nearest(step))
        return float(truth.iloc[max(0, at - 2) : at + 3].median()) / self.scored.real_modes


def leap(run: cp.Run) -> int | None:
    """The first step after which the generator's loss is twice what it was before, and still is a tenth of the run later."""
    loss = run.steps["loss_g"].to_numpy(float)
    for step in range(BEFORE, len(loss) - round(LASTS * len(loss)), 10):
        before, after = np.median(loss[step - BEFORE : step]), loss[step : step + round(LASTS * len(loss))]
        if np.median(after[:WINDOW]) >= LEAP * before and np.median(after) >= LEAP * before:
            return int(run.steps.index[step])
    return None


HEAD = """# Own drawings: few pictures, three attempts, and what each came to

```sh
python examples/drawings.py --seed 0   # and 1 to {last}: all three, one after another, each to its end
```

{drawn} drawn faces, {size}×{size}, and the three attempts as they were told of: **first**, plain labels and {latent} latent
numbers, {first:,} steps; **noise** on the labels of both kinds, {noise:,} steps; **mirrored** pictures, 10 latent numbers and
noise on real labels only, {mirrored:,} steps. Both networks learn at the same rate. Made by `make examples` from its runs.

## The discriminator revolution

{revolution}

| seed | the generator's loss leaps | flagged, with onset | best step |
|---|---|---|---|
{revolutions}

*Leaps*, by what the loop logged: the median of {window} steps is {leap:g} times that of the {before} before, and so is
that of the next tenth of the run.

![Faces of the first attempt, seed {seed}](drawings-samples.png)

![The course of the first attempt, seed {seed}](drawings-course.png)

![What the report says of it](drawings-events.png)
"""


def page(runs: Path, pictures: Path) -> str:
    folders = seeds(runs)
    run = cp.load(folders[0] / "first")
    by = judge(_drawn.faces, run.batch(run.batches[0]).shape[-1])
    found = {name: [attempt(folder, name, by) for folder in folders] for name in EXPERIMENTS}
    return str(found)


def attempt(folder: Path, experiment: str, by: Judge) -> Attempt:
    read = scored(folder / experiment, by, stop_on=drawings.STOPS)
    return Attempt(experiment, folder.name, read, leap(read.run))
