"""The section of one run, as HTML."""

import json
import math
from typing import Any

import numpy as np

from ._captures import Moving, moving
from ._figures import time_figure
from ._marks import words
from ._rows import EVENTS, rows
from ._style import SEVERITY, VERDICTS, Figure, escape
from ._text import duration, flat, headline, number, tags, thinned, time_saved
from ._view import View

TOLD_ELSEWHERE = frozenset({"format", "starts", "ends", "cost", "tags"})


def section(view: View, *, points: int = 2000) -> str:
    """Verdict, figure over time, batches, events, and what the run says about itself."""
    found = list(rows(view, most=points))
    figure = time_figure(view, found)
    parts = [_banner(view), _moving(view, moving(view))]
    if figure is not None:
        missing = ", ".join(row.title.lower() for row in found if not row.traces and row.title != EVENTS)
        note = f"<p class='quiet'>Not recorded in this run: {escape(missing)}.</p>" if missing else ""
        long = max(len(view.steps), len(view.statistics))
        if long > points:
            note += (
                f"<p class='quiet'>Lines of more than {points:,} points show the lowest and the highest value of each "
                f"stretch of steps: no peak is lost. The run folder holds all {long:,}.</p>"
            )
        parts.append(
            f"<div class='card'><h3>Over training</h3>{plot(f'{view.anchor}-time', figure, role='time')}{note}</div>"
        )
    parts += [_events(view), _details(view)]
    return f"<section class='run' id='{view.anchor}'>{''.join(parts)}</section>"


def verdict_badge(view: View) -> str:
    """Symbol, words and colour."""
    symbol, said, colour = VERDICTS[view.verdict.kind]
    return f"<span class='verdict' style='--colour:{colour}'><span class='symbol'>{symbol}</span>{said}</span>"


def plot(identifier: str, figure: Figure, *, role: str = "") -> str:
    """A place for a figure, and the figure as data beside it."""
    height = figure["layout"]["height"]
    place = f"<div class='plot' id='{identifier}' data-role='{role}' style='min-height:{height}px'></div>"
    return place + data(f"{identifier}-data", figure)


def data(identifier: str, content: object) -> str:
    """JSON inside the page; no `<` is left in it, so no text of the run can end it."""
    text = json.dumps(_drawable(content), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return f"<script type='application/json' id='{identifier}'>{text}</script>"


def _drawable(content: object) -> object:
    """What is not finite, where a number ran over, is left to the figure to choose."""
    if isinstance(content, dict):
        return {name: _drawable(item) for name, item in content.items()}
    if isinstance(content, list | tuple):
        return [_drawable(item) for item in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def _banner(view: View) -> str:
    symbol, _, colour = VERDICTS[view.verdict.kind]
    saved = time_saved(view.run)
    times = view.steps["time"].to_numpy(dtype=float)
    times = times[np.isfinite(times)]
    chips = [f"{len(view.steps):,} steps", f"{len(view.run.batches):,} captures", f"{view.event_count:,} events"]
    if len(times) > 1:
        chips.append(duration(float(times.max()) - float(times.min())))
    chips += tags(view)
    return (
        f"<div class='card banner' style='--colour:{colour}'>"
        f"<a class='up' href='#'>↑ all runs</a><h2>{escape(view.name)}</h2>"
        f"<p class='said verdict'><span class='symbol'>{symbol}</span>{escape(headline(view.verdict))}</p>"
        f"<p>{escape(view.verdict.reason)}</p>"
        + (f"<p><b>Time saved.</b> {escape(saved)}</p>" if saved else "")
        + f"<div class='chips'>{''.join(f'<span class=chip>{escape(chip)}</span>' for chip in chips)}</div></div>"
    )


def _moving(view: View, found: Moving) -> str:
    if not found.figures and not found.images:
        return ""
    cards = []
    if found.images:
        cards.append(
            f"<div><h3>Generated batch <span class='quiet caption'></span></h3>"
            f"<img class='sheet moves' alt='generated samples' width='{found.width}'></div>"
        )
    if found.strip.images:
        cards.append(
            f"<div><h3>Fixed latents <span class='quiet strip-caption'></span></h3>"
            f"<img class='sheet strip' alt='samples from fixed latents' width='{found.strip.width}'></div>"
        )
    if found.real is not None:
        cards.append(
            f"<div><h3>Real data</h3><img class='sheet' alt='real samples' width='{found.real.width}' "
            f"src='{found.real.uri}'></div>"
        )
    names = {name: f"{view.anchor}-moves-{number}" for number, name in enumerate(found.figures)}
    for name, identifier in names.items():
        caption = " <span class='quiet caption'></span>" if name == "batch" else ""
        figure = plot(identifier, found.figures[name])
        cards.append(f"<div><h3>{escape(found.titles[name])}{caption}</h3>{figure}</div>")
    content: dict[str, Any] = {"steps": found.steps, "captions": found.captions, "images": found.images}
    content["strip"] = {"images": found.strip.images, "steps": found.strip.steps, "shown": found.strip.shown}
    content["moves"] = {names[name]: moves for name, moves in found.moves.items()}
    stored = len(view.run.batches)
    told = [f"{len(found.steps)} of {stored:,} captures are shown."] if len(found.steps) < stored else []
    notes = "".join(f"<p class='quiet'>{escape(note)}</p>" for note in [*told, *thinned(view.run)])
    last = len(found.steps) - 1  # the page opens at what the run has come to
    return (
        f"<div class='slider' data-moving='{view.anchor}-moving'>"
        f"<button type='button'>▶ play</button><input type='range' min='0' max='{last}' value='{last}' "
        f"aria-label='step shown'><output></output></div>"
        f"<div class='card'><div class='grid'>{''.join(cards)}</div>{notes}</div>"
        + data(f"{view.anchor}-moving", content)
    )


def _events(view: View) -> str:
    if not view.event_count:
        return "<div class='card'><h3>Events</h3><p class='quiet'>None: nothing was flagged.</p></div>"
    items = []
    for event, visible in zip(view.events, view.visible_at, strict=True):
        seen = f", visible to the training loop at {visible:,}" if visible is not None else ""
        evidence = "".join(f"<dt>{escape(k)}</dt><dd>{number(v)}</dd>" for k, v in event.evidence.items())
        onset = f"<a href='#{view.anchor}' data-jump='{event.onset}'>{event.onset:,}</a>"
        items.append(
            f"<div class='event' style='--colour:{SEVERITY[event.severity]}'>"
            f"<b>{escape(words(event).capitalize())}</b> "
            f"<span class='quiet'>began at step {onset}, raised at {event.step:,}{seen}</span>"
            f"<p>{escape(event.message)}</p><p class='advice'><b>What to do.</b> {escape(event.advice)}</p>"
            f"<dl>{evidence}</dl></div>"
        )
    more = view.event_count - len(items)
    rest = f"<p class='quiet'>And {more:,} more: see Run.events.</p>" if more else ""
    return f"<div class='card'><h3>Events</h3>{''.join(items)}{rest}</div>"


def _details(view: View) -> str:
    pairs = flat({name: value for name, value in view.run.info.items() if name not in TOLD_ELSEWHERE})
    pairs += [("started", str(len(view.run.info["starts"])) + " times")] if len(view.run.info["starts"]) > 1 else []
    pairs += [("ended", end["how"]) for end in view.run.info["ends"]]
    pairs.append(("folder", str(view.run.path)))
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f"<details><summary>Options, versions and folder</summary><div class='card'><dl>{rows}</dl></div></details>"
