"""The picture of a statistic: a part for each way of getting worse."""

import io
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from PIL import Image

from .generators import COURSES
from .measuring import DRAWS, Member

COLOURS = 32
# Okabe and Ito: told apart by people who see colours differently.
ORANGE, BLUE, GREEN, PURPLE, GREY = "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#999999"
NAMED_PARTS = {"prdc": ("precision", "recall", "density", "coverage")}
LOGARITHMIC = ("relative_diversity", "support_size", "vendi_score")


def draw(member: Member, null: np.ndarray, picture: Path) -> None:
    """`null` are the values (draws, parts) of real batches."""
    figure = Figure(figsize=(11, 2.1), layout="constrained")
    axes = figure.subplots(1, len(COURSES), sharey=True)
    names = NAMED_PARTS.get(member.name, ())
    for axis, course in zip(axes, COURSES, strict=True):
        values = np.stack([member.of(course.at(x), range(4000, 4000 + DRAWS)) for x in course.along])
        with np.errstate(invalid="ignore"):  # of infinite values: the line ends there
            mean, spread = values.mean(1), values.std(1, ddof=1)
        if null.shape[1] == 1:
            middle, width = float(null.mean()), 2 * float(null.std(ddof=1))
            axis.axhline(middle, color=GREY, lw=0.8)
            axis.axhspan(middle - width, middle + width, color=GREY, alpha=0.35, lw=0)
        for part in range(mean.shape[1]) if names else reversed(range(mean.shape[1])):
            colour = (ORANGE, BLUE, GREEN, PURPLE)[part if names else min(part, 1)]
            low, high = mean[:, part] - spread[:, part], mean[:, part] + spread[:, part]
            label = names[part] if names else None
            axis.plot(course.along, mean[:, part], color=colour, marker="o", ms=2.5, lw=1.2, label=label)
            axis.fill_between(course.along, low, high, color=colour, alpha=0.2, lw=0)
        axis.set_xlabel(course.title, fontsize=8)
        axis.tick_params(labelsize=7)
        axis.spines[["top", "right"]].set_visible(False)
        margin = 0.04 * (course.along[-1] - course.along[0])
        axis.set_xlim(course.along[0] - margin, course.along[-1] + margin)
    if names:
        axes[0].legend(fontsize=6, frameon=False)
    if member.name in LOGARITHMIC:
        axes[0].set_yscale("log", subs=[])
        axes[0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes[0].yaxis.set_major_formatter("{x:g}")
    axes[0].set_ylabel(member.statistic.unit, fontsize=8)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=80)
    picture.parent.mkdir(exist_ok=True)
    Image.open(drawn).convert("RGB").quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE).save(picture, optimize=True)
