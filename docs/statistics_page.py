"""Makes docs/statistics.md and its pictures: what every statistic says, and how it answers as a generator gets worse.

python docs/statistics_page.py          # some minutes; `--only coverage` looks at one
"""

import argparse
import inspect
import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import torch
from matplotlib import pyplot as plt
from PIL import Image
from torch import Tensor

from collapse_probe import statistics, toy
from collapse_probe.statistics import AbstractModeStatistic, AbstractStatistic

FOLDER = Path(__file__).parent
MODES, ROWS, REAL_ROWS = 8, 256, 1024
DRAWS, NULL_DRAWS = 8, 32
SIZES = (64, 128, 256, 512, 1024)
RESOLVED = 3.0
"""Null standard deviations between a generator that lost something and real data of the same size."""
FACTS = ("Shapes", "Formula", "Unit", "Undefined", "Cost", "Memory", "Source")
# Okabe and Ito: told apart by people who see colours differently.
COLOURS = 32
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"


@dataclass(frozen=True)
class Generator:
    """Samples of eight modes: their shares, how wide they are, and how much of a batch is noise all over the place."""

    shares: Sequence[float] = (1.0,) * MODES
    width: float = 1.0
    noise: float = 0.0

    def sample(self, rows: int, seed: int) -> Tensor:
        """Rows (n, 2)."""
        source = torch.Generator().manual_seed(seed)
        modes = torch.multinomial(torch.tensor(self.shares), rows, replacement=True, generator=source)
        centers = toy.ring(MODES).centers[modes]
        points = centers + 0.05 * self.width * torch.randn(rows, 2, generator=source)
        noise = 3.0 * torch.rand(rows, 2, generator=source) - 1.5
        return torch.where(torch.rand(rows, 1, generator=source) < self.noise, noise, points)


@dataclass(frozen=True)
class Course:
    """A way in which a generator gets worse."""

    title: str
    along: Sequence[float]
    at: Callable[[float], Generator]


def favoured(share: float) -> Generator:
    return Generator(shares=[share, *[(1 - share) / (MODES - 1)] * (MODES - 1)])


COURSES = (
    Course("modes dropped, of 8", range(MODES), lambda x: Generator(shares=[0.0] * int(x) + [1.0] * (MODES - int(x)))),
    Course("share of one mode", (0.125, 0.25, 0.4, 0.55, 0.7, 0.85, 1.0), favoured),
    Course("width of modes, of real", (1.0, 0.8, 0.6, 0.4, 0.2, 0.05, 0.0), lambda x: Generator(width=x)),
    Course("share of noise", (0.0, 0.1, 0.25, 0.4, 0.6, 0.8, 1.0), lambda x: Generator(noise=x)),
)
LOST = Generator(shares=[0.0] + [1.0] * (MODES - 1))
HALVED = Generator(shares=[0.5] + [1.0] * (MODES - 1))


@dataclass(frozen=True)
class Member:
    """A statistic, fitted on real data."""

    name: str
    statistic: AbstractStatistic
    state: dict[str, Tensor]

    def of(self, generator: Generator, seeds: range, rows: int = ROWS) -> np.ndarray:
        """Values (draws, parts)."""
        values = [self.statistic.compute(generator.sample(rows, seed), self.state) for seed in seeds]
        return np.stack([np.atleast_1d(np.asarray(value, dtype=np.float64)) for value in values])


def fitted(name: str) -> Member:
    statistic = statistics.get(name)
    if isinstance(statistic, AbstractModeStatistic):
        statistic = replace(statistic, modes=toy.ring(MODES, sigma=0.05))
    return Member(name, statistic, statistic.fit(Generator().sample(REAL_ROWS, seed=1)))


def section(name: str) -> tuple[str, str]:
    """The row of the overview, and the section; draws the picture."""
    torch.set_num_threads(1)
    member = fitted(name)
    null = member.of(Generator(), range(1000, 1000 + NULL_DRAWS))
    picture = FOLDER / "statistics" / f"{name}.png"
    blank = not np.isfinite(null).any()
    if not blank:
        draw(member, null, picture)
    lines = said(type(member.statistic))
    needs = [needed(member, lost) for lost in (HALVED, LOST)]
    online = "at every capture" if member.statistic.online else "when called"
    summary = lines["summary"]
    row = f"| [`{name}`](#{name}) | {summary} | {member.statistic.healthy} | {online} | {needs[0]} | {needs[1]} |"
    shown = (
        "It is not defined for the two-dimensional data of the other pictures."
        if blank
        else f"![How `{name}` answers as a generator gets worse](statistics/{name}.png)"
    )
    return row, "\n\n".join([f"## {name}", lines["text"], shown, facts(lines, member.statistic), example(lines)])


def said(cls: type) -> dict[str, str]:
    """A docstring by its parts: `summary`, `text`, `example`, and each line of the form `Name: ...`."""
    text, _, code = (inspect.getdoc(cls) or "").partition("\n>>> ")
    parts: dict[str, str] = {"example": f">>> {code}" if code else ""}
    prose: list[str] = []
    current = ""
    for line in text.splitlines():
        head, colon, rest = line.partition(": ")
        if colon and head in FACTS:
            current, parts[head] = head, rest
        elif current and line.startswith(" ") and line.strip():
            parts[current] += " " + line.strip()
        else:
            current = ""
            prose.append(line)
    parts["text"] = "\n".join(prose).strip()
    parts["summary"] = parts["text"].partition("\n")[0]
    return parts


def facts(lines: dict[str, str], statistic: AbstractStatistic) -> str:
    rows = [
        (name, lines[name]) for name in ("Shapes", "Unit", "Undefined", "Cost", "Memory", "Source") if name in lines
    ]
    rows.insert(2, ("Healthy side", {"reference": "as real data"}.get(statistic.healthy, statistic.healthy)))
    return "\n".join(["| | |", "|---|---|", *[f"| {name} | {text} |" for name, text in rows]])


def example(lines: dict[str, str]) -> str:
    code = lines["example"]
    return f"```pycon\n>>> import torch\n{code}\n```" if code else ""


def needed(member: Member, worse: Generator) -> str:
    """The smallest batch at which losing this much lies beyond chance."""
    for rows in SIZES:
        null = member.of(Generator(), range(2000, 2000 + NULL_DRAWS), rows)
        moved = np.abs(member.of(worse, range(3000, 3000 + DRAWS), rows).mean(0) - null.mean(0))
        with np.errstate(divide="ignore", invalid="ignore"):
            if np.nanmax(moved / null.std(0, ddof=1), initial=0.0) >= RESOLVED:
                return f"{rows:,}"
    return f"over {SIZES[-1]:,}"


def draw(member: Member, null: np.ndarray, picture: Path) -> None:
    figure, axes = plt.subplots(1, len(COURSES), figsize=(11, 2.1), sharey=True, layout="constrained")
    for axis, course in zip(axes, COURSES, strict=True):
        values = np.stack([member.of(course.at(x), range(4000, 4000 + DRAWS)) for x in course.along])
        mean, spread = values.mean(1), values.std(1, ddof=1)
        if null.shape[1] == 1:
            band = [float(null.mean() + sign * 2 * null.std(ddof=1)) for sign in (-1, 1)]
            axis.axhspan(*band, color=GREY, alpha=0.35, lw=0)
        for part in range(mean.shape[1]):
            colour = BLUE if part else ORANGE
            axis.plot(course.along, mean[:, part], color=colour, marker="o", ms=2.5, lw=1.2)
            axis.fill_between(
                course.along,
                *(mean[:, part] + sign * spread[:, part] for sign in (-1, 1)),
                color=colour,
                alpha=0.2,
                lw=0,
            )
        axis.set_xlabel(course.title, fontsize=8)
        axis.tick_params(labelsize=7)
        axis.spines[["top", "right"]].set_visible(False)
        if course.along[0] > course.along[-1]:
            axis.invert_xaxis()
    axes[0].set_ylabel(member.statistic.unit, fontsize=8)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=80)
    plt.close(figure)
    picture.parent.mkdir(exist_ok=True)
    Image.open(drawn).convert("RGB").quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE).save(picture, optimize=True)


HEAD = f"""# The statistics

What each says, where it comes from, and how it answers. Made by `python docs/statistics_page.py` from the docstrings
and from {MODES} Gaussians on a ring (radius 1, standard deviation 0.05): fitted on {REAL_ROWS:,} real samples, read on
batches of {ROWS}. In the pictures a line is the mean of {DRAWS} batches, its shade their standard deviation; the grey
band is what real batches of that size score, two standard deviations to either side. A statistic with a part for each
mode has a line for each, that of the mode that suffers first in orange. Mode statistics know the modes.

The last two columns are the smallest batch, of {", ".join(f"{size:,}" for size in SIZES)}, at which the mean lies
{RESOLVED:g} null standard deviations from real data when one mode has lost half of its share, and when it is gone.

| statistic | says | healthy | measured | half a mode | a mode |
|---|---|---|---|---|---|
"""


def page(sections: Sequence[tuple[str, str]]) -> str:
    return HEAD + "\n".join(row for row, _ in sections) + "\n\n" + "\n\n".join(text for _, text in sections) + "\n"


def made(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    with ProcessPoolExecutor(2) as processes:
        for name, found in zip(names, processes.map(section, names), strict=True):
            print(name, flush=True)
            yield found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=statistics.names(), help="draw this one, and leave the page alone")
    only: Any = parser.parse_args(arguments).only
    if only:
        print(section(only)[1])
        return
    text = page(list(made(statistics.names())))
    (FOLDER / "statistics.md").write_text(text, "utf-8")


matplotlib.use("agg")

if __name__ == "__main__":
    main()
