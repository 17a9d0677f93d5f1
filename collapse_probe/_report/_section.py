"""The section of one run: its HTML, and the packed figures behind it."""

from typing import Any

import numpy as np

from .._store import planned_steps
from ._captures import Moving
from ._cards import moving_cards, moving_data
from ._figures import heat_figure, time_figure
from ._html import cost, pairs, plot
from ._marks import message, words
from ._pack import packed
from ._rows import EVENTS, Row, rows
from ._style import SEVERITY, VERDICTS, Figure, escape
from ._text import advice, duration, flat, headline, number, tags, time_saved
from ._view import CLASSES, View

TOLD_ELSEWHERE = frozenset({"format", "starts", "ends", "cost", "tags"})
TICKS = 200
"""The time of so many steps is kept, for comparing runs at equal time."""


def section(view: View, found: Moving) -> tuple[str, str]:
    """Verdict, batches, figures over time, events, and what the run says about itself; and the packed data behind."""
    drawn = list(rows(view))
    figures: dict[str, Figure] = {name: panel.figure for name, panel in found.panels.items()}
    parts = [_banner(view), moving_cards(view, found)]
    time = time_figure(view, drawn)
    if time is not None:
        figures["time"] = time
        title = view.say("Over training")
        place = plot(view, "time", time, title=title, role="time")
        parts.append(f"<div class='card'><h3>{escape(title)}</h3>{place}{_notes(view, drawn)}</div>")
    for number_, name in enumerate(view.vectors):
        heat = heat_figure(view, name)
        if heat is not None:
            figures[f"heat-{number_}"] = heat
            title = view.say("{title} over training", title=view.label(name).title)
            place = plot(view, f"heat-{number_}", heat, title=title, role="time")
            parts.append(f"<div class='card'><h3>{escape(title)}</h3>{place}</div>")
    parts += [_events(view), _details(view)]
    content = {"figures": figures, "moving": moving_data(found) if found.steps else None, **_measures(view)}
    return f"<section class='run' id='{view.anchor}'>{''.join(parts)}</section>", packed(content)


def _measures(view: View) -> dict[str, Any]:
    """What other axes than the steps need."""
    times = view.steps["time"].to_numpy(dtype=np.float64)
    known = np.flatnonzero(np.isfinite(times))
    ticks = known[np.unique(np.linspace(0, len(known) - 1, TICKS).astype(int))] if len(known) else known
    seconds = times[ticks] - times[known[0]] if len(known) else times[ticks]
    steps = view.steps.index.to_numpy()
    first = int(steps[0]) if len(steps) else 0
    return {
        "clock": {"steps": steps[ticks], "seconds": seconds},
        "samplesPerStep": _samples_per_step(view.run.info.get("loop")),
        "firstStep": first,
    }


def _samples_per_step(loop: object) -> float | None:
    """Real samples that the discriminator saw in a step, on average; None where nothing was hooked."""
    if not isinstance(loop, dict) or not isinstance(loop.get("calls"), dict):
        return None
    said = (loop.get("batch_size"), loop["calls"].get("real"), loop.get("steps"))
    if not all(isinstance(each, int) and 0 < each < 2**40 for each in said):
        return None
    batch, calls, steps = said
    return float(batch * calls / steps)


def _banner(view: View) -> str:
    say = view.say
    symbol, _, colour = VERDICTS[view.verdict.kind]
    saved = time_saved(view.run, say)
    times = view.steps["time"].to_numpy(dtype=float)
    times = times[np.isfinite(times)]
    chips = [
        _steps(view),
        say.counted(len(view.run.batches), "captures"),
        say.counted(view.event_count, "events"),
    ]
    if len(times) > 1:
        chips.append(duration(float(times.max()) - float(times.min()), say))
    chips += [f"{name}: {value}" if name else value for name, value in tags(view)]
    lines = [f"<p>{escape(say.told(view.verdict.reason))}</p>"]
    if (error := view.run.interruption) is not None:
        lines.append(f"<p><b>{escape(say('Interrupted.'))}</b> {escape(say('Ended by {error}.', error=error))}</p>")
    lines.append(f"<p><b>{escape(say('What to do.'))}</b> {escape(advice(view))}</p>")
    if saved:
        lines.append(f"<p><b>{escape(say('Time saved.'))}</b> {escape(saved)}</p>")
    return (
        f"<div class='card banner' style='--colour:{colour}'>"
        f"<a class='up' href='#'>{escape(say('↑ all runs'))}</a><h2>{escape(view.name)}</h2>"
        f"<p class='said'><span class='symbol' aria-hidden='true'>{symbol}</span>{escape(headline(view))}</p>"
        f"{''.join(lines)}<div class='chips'>"
        f"{''.join(f'<span class=chip>{escape(chip)}</span>' for chip in chips)}</div></div>"
    )


def _steps(view: View) -> str:
    made, planned = len(view.steps), planned_steps(view.run.info)
    if planned is None or planned <= made:
        return view.say.counted(made, "steps")
    return view.say("{made} of {planned} steps", made=f"{made:,}", planned=f"{planned:,}")


def _notes(view: View, drawn: list[Row]) -> str:
    say = view.say
    missing = ", ".join(row.title.lower() for row in drawn if not row.traces and row.title != say(EVENTS))
    notes = [say("Not recorded in this run: {missing}.", missing=missing)] if missing else []
    long = max(len(view.steps), len(view.statistics))
    if long > view.most:
        notes.append(
            say(
                "Of {count} rows about {most} are drawn: the lowest and the highest value of each stretch of steps and "
                "everything around events. No peak is lost; the run folder holds all.",
                count=f"{long:,}",
                most=f"{view.most:,}",
            )
        )
    return "".join(f"<p class='quiet'>{escape(note)}</p>" for note in notes)


def _events(view: View) -> str:
    say = view.say
    title = f"<h3>{escape(say(EVENTS))}</h3>"
    if not view.event_count:
        return f"<div class='card'>{title}<p class='quiet'>{escape(say('None: nothing was flagged.'))}</p></div>"
    items = []
    for event, visible in zip(view.events, view.visible_at, strict=True):
        link = f"<a href='#{view.anchor}' data-jump='{event.onset}'>{event.onset:,}</a>"
        began = escape(say("began at {onset}, raised at {step}", onset="@", step=f"{event.step:,}"))
        began = began.replace("@", link, 1)
        seen = say(", visible to the training loop at {step}", step=f"{visible:,}") if visible is not None else ""
        evidence = pairs([(_named(view, name), number(value)) for name, value in event.evidence.items()])
        said = words(view, event)
        items.append(
            f"<div class='event' style='--colour:{SEVERITY[event.severity]}'>"
            f"<b>{escape(said[:1].upper() + said[1:])}</b> "
            f"<span class='quiet'>{began}{escape(seen)}</span>"
            f"<p>{escape(message(view, event))}</p><p class='advice'><b>{escape(say('What to do.'))}</b> "
            f"{escape(say.told(event.advice))}</p>{evidence}</div>"
        )
    more = view.event_count - len(items)
    rest = f"<p class='quiet'>{escape(say('And {count} more: see Run.events.', count=f'{more:,}'))}</p>" if more else ""
    return f"<div class='card'>{title}{''.join(items)}{rest}</div>"


def _named(view: View, evidence: str) -> str:
    """What an event rests on, with the name of the class that it is of."""
    stem, _, label = evidence.partition(".")
    known = stem == CLASSES and label.isdecimal() and view.class_name(int(label)) != label
    return f"{evidence} ({view.class_name(int(label)).partition(' ')[2]})" if known else evidence


def _details(view: View) -> str:
    say, info = view.say, view.run.info
    found = flat({name: value for name, value in info.items() if name not in TOLD_ELSEWHERE})
    found += [(say("started"), say("{count} times", count=len(info["starts"])))] if len(info["starts"]) > 1 else []
    hows = [str(end["how"]) for end in info["ends"]]
    found += [(say("ended"), say(how)) for how in hows]
    found.append((say("folder"), str(view.run.path)))
    parts = []
    if took := cost(view):
        parts.append(f"<details><summary>{escape(say('Measured cost of observing'))}</summary>{pairs(took)}</details>")
    parts.append(f"<details><summary>{escape(say('Options, versions and folder'))}</summary>{pairs(found)}</details>")
    return f"<div class='card'>{''.join(parts)}</div>"
