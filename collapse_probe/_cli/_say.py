"""Runs and their verdicts in words and in JSON."""

import dataclasses
import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from .._harmless import harmless
from .._store import Run
from ..errors import CollapseProbeError
from ._common import UNREADABLE
from ._progress import each


def print_verdicts(runs: Sequence[Run], *, as_json: bool, thinned: bool = False) -> list[str]:
    """One line a run, or one JSON array; the kinds of the verdicts."""
    verdicts = [run.verdict for run in each(runs, "reading runs")]
    if as_json:
        rows = [
            {"run": str(run.path), "steps": len(run.steps), "interruption": run.interruption}
            | dataclasses.asdict(verdict)
            | ({"thinned": run.thinned, "tags": run.info.get("tags")} if thinned else {})
            for run, verdict in zip(runs, verdicts, strict=True)
        ]
        print_json(rows)
    else:
        width = max((len(str(run.path)) for run in runs), default=0)
        for run, verdict in zip(runs, verdicts, strict=True):
            best = "" if verdict.best_step is None else f"  best step {verdict.best_step}."
            more = "".join(f"  {said}" for said in (ended_by(run), given_up(run) if thinned else "") if said)
            line = f"{verdict.kind:<17}  {len(run.steps):>7} steps  {verdict.reason}{best}{more}"
            click.echo(harmless(f"{run.path!s:<{width}}  {line}"))
    for run in runs:
        if run.info.get("error"):
            click.echo(harmless(f"{run.path}: {run.info['error']}"), err=True)
    return [verdict.kind for verdict in verdicts]


def ended_by(run: Run) -> str:
    """What interrupted it, in words; empty where nothing did."""
    return "" if run.interruption is None else f"Ended by {run.interruption}."


def given_up(run: Run) -> str:
    """What of the run was thinned under `disk_limit`, in words; empty where nothing was."""
    counts = [f"{count:,} {kind}" for kind, count in run.thinned.items() if count]
    return f"{' and '.join(counts)} given up to stay within disk_limit." if counts else ""


def complain(errors: Sequence[CollapseProbeError]) -> None:
    """Say what could not be read, and leave with its status if there was any."""
    for error in errors:
        click.echo(f"Unreadable: {error}", err=True)
    if errors:
        sys.exit(UNREADABLE)


def print_json(value: object) -> None:
    """Strict JSON on standard output: a number that is not finite is null."""
    click.echo(json.dumps(_finite(value), indent=2, allow_nan=False))


def print_json_line(value: object) -> None:
    """Likewise in one line, and at once: somebody may be waiting for it."""
    click.echo(json.dumps(_finite(value), allow_nan=False))
    sys.stdout.flush()


def number(value: float) -> str:
    """Four digits, the thousands apart.

    >>> number(12345), number(0.123456), number(float("nan"))
    ('12,345', '0.1235', '–')
    """
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if math.isfinite(value) and value == int(value) and abs(value) < 1e15 else f"{value:.4g}"


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
