"""Whether a discriminator knows by heart what it trains on, in numbers and in a table."""

from collections.abc import Sequence

import numpy as np

import collapse_probe as cp


def onset(run: cp.Run, kind: str) -> int | None:
    """Since when, by the first event of the kind."""
    return next((event.onset for event in run.event_list if event.kind == kind), None)


def known(run: cp.Run) -> float:
    """The most that the discriminator told drawings that it trained on from others, over five captures."""
    return float(run.statistics["discriminator_overfitting"].rolling(5, min_periods=1).median().max())


def known_table(runs: Sequence[cp.Run]) -> str:
    """Runs that went on for long: when they were flagged, and whom the discriminator takes for real at the end."""
    lines = [
        "| seed | flagged at step | since | highest | taken for real at the end: of its drawings | of unseen ones |",
        "|---|" + "---|" * 5,
    ]
    for run in runs:
        event = next((event for event in run.event_list if event.kind == "overfitting"), None)
        last = [run.capture(step) for step in run.batches[-5:]]
        real = [np.mean([(each[name] > 0.5).mean() for each in last]) for name in ("d_training", "d_held_out")]
        since = ["–", "–"] if event is None else [f"{event.step:,}", f"{event.onset:,}"]
        shown = [run.path.parent.name, *since, f"{known(run):.2f}", *(f"{share:.0%}" for share in real)]
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines)
