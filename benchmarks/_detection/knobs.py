"""What the two options that people turn are worth: patience and sensitivity, on all runs."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from collapse_probe.detectors import AbstractDetector, DetectorOptions
from collapse_probe.detectors._collapse import Collapse

from .crossvalidate import judge_settings
from .judged import files, over
from .scores import Score, Share, median, score

AS_IT_COMES = DetectorOptions()
TURNED = (
    AS_IT_COMES,
    *(DetectorOptions(patience=patience) for patience in (1, 2, 5, 8)),
    *(DetectorOptions(sensitivity=sensitivity) for sensitivity in (0.7, 0.85, 1.15, 1.3)),
)


def made(options: DetectorOptions) -> Sequence[AbstractDetector]:
    """The detector of collapse with these options."""
    return [Collapse(options)]


def turned(folder: Path, processes: int = 2) -> list[tuple[DetectorOptions, Score]]:
    """The scores of collapse alone under each of them."""
    tried = list(over(files(folder), partial(judge_settings, grid=TURNED, make=made), processes=processes))
    return [(options, score(run for found in tried for run in found[place])) for place, options in enumerate(TURNED)]


def said(folder: Path, processes: int = 2) -> str:
    """The part of the page, as Markdown."""
    words = "The two options that people turn, on all runs, of collapse alone; first as they come."
    return f"{words}\n\n{table(turned(folder, processes))}"


def table(found: Sequence[tuple[DetectorOptions, Score]]) -> str:
    """As Markdown."""
    lines = [
        "| patience | sensitivity | collapses stopped | healthy stopped | late returns stopped | saving, median |",
        "|---|---|---|---|---|---|",
    ]
    for options, scores in found:
        saved = median(scores.savings)
        shares = " | ".join(map(_counted, (scores.stopped, scores.false_stops, scores.late)))
        saving = "–" if saved is None else f"{saved.median:.1f} %"
        lines.append(f"| {options.patience} | {options.sensitivity:g} | {shares} | {saving} |")
    return "\n".join(lines)


def _counted(share: Share) -> str:
    return f"{share.hits}/{share.of}"
