"""`collapse-probe show`."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from .._harmless import harmless
from .._live import event_line, sparkline
from .._store import Run, load, planned_steps
from ._arguments import json_option, run_argument
from ._common import Command
from ._say import ended_by, given_up, number, print_json

EXAMPLES = (
    ("runs/lego-01", "What happened in a run, and its numbers"),
    ("runs/lego-01 --json", "The same for a script"),
)
_CURVE = 40


@click.command(cls=Command, examples=EXAMPLES)
@run_argument
@json_option
def show(run: Path, *, as_json: bool) -> None:
    """Show one run: its verdict, its events with what to do, and the course of every column of its steps."""
    found = load(run)
    if as_json:
        print_json(_as_json(found))
        return
    for line in _lines(found):
        click.echo(harmless(line))


def _as_json(run: Run) -> dict[str, Any]:
    return {
        "run": str(run.path),
        "steps": len(run.steps),
        "interruption": run.interruption,
        "verdict": asdict(run.verdict),
        "events": [asdict(event) for event in run.event_list],
        "last": {str(name): float(column.iloc[-1]) for name, column in run.steps.items() if len(column)},
        "captures": run.batches,
        "sheets": run.sheets,
        "thinned": run.thinned,
        "problems": run.problems,
        "info": run.info,
    }


def _lines(run: Run) -> list[str]:
    verdict, steps = run.verdict, run.steps
    best = "" if verdict.best_step is None else f" Best step {verdict.best_step:,}."
    lines = [f"{run.path}: {verdict.kind}. {verdict.reason}{best}"]
    counts = f"{_made(run)} steps, {len(run.batches):,} captures, {len(run.sheets):,} sheets."
    lines.append(" ".join(said for said in (counts, ended_by(run), given_up(run)) if said))
    if tags := run.info.get("tags"):
        lines.append(f"tags: {', '.join(f'{k}={v}' for k, v in tags.items()) if isinstance(tags, dict) else tags}")
    lines += [f"  step {event.step:,}  {event_line(event)}" for event in run.event_list]
    lines += [f"  problem: {problem}" for problem in run.problems]
    known = [name for name in steps if name != "time" and steps[name].notna().any()]
    width = max((len(str(name)) for name in known), default=0)
    for name in known:
        values = steps[name].to_numpy()
        curve = sparkline(values, values, width=_CURVE)
        least, greatest, last = steps[name].min(), steps[name].max(), steps[name].dropna().iloc[-1]
        lines.append(
            f"{name!s:<{width}}  {curve:<{_CURVE}}  last {number(last)}, {number(least)} to {number(greatest)}"
        )
    return lines


def _made(run: Run) -> str:
    planned, made = planned_steps(run.info), len(run.steps)
    return f"{made:,} of {planned:,}" if planned is not None and planned > made else f"{made:,}"
