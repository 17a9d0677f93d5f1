"""A run as the page keeps it once its record has been let go of: its row in the overview, and its section."""

import json
from dataclasses import dataclass

import numpy as np

from .._records import DIVERSITY
from ._captures import Moving, moving
from ._html import badge
from ._section import section
from ._spark import sparkline
from ._style import ATTENTION, BLUE, PURPLE, VERDICTS, escape
from ._text import advice, planned_and_flagged, step, tags, time_saved
from ._view import View


@dataclass(frozen=True)
class Entry:
    """What is left of a run: HTML, and what the page as a whole has to know."""

    anchor: str
    name: str
    attention: int
    flagged: bool
    row: str
    section: str
    data: str
    columns: dict[str, str]
    tag_names: list[str]
    problems: list[str]


def entry(view: View, *, link: str, source: str = "") -> Entry:
    """Everything of the run that the page shows; `link` is where its section is, `source` the file of its data."""
    found = moving(view)
    html, data = section(view, found)
    kind = view.verdict.kind
    return Entry(
        anchor=view.anchor,
        name=view.name,
        attention=ATTENTION.index(kind),
        flagged=kind not in ("healthy", "unfinished", "insufficient_data"),
        row=_row(view, found, link=link, source=source),
        section=html,
        data=data,
        columns=_columns(view),
        tag_names=[name for name, _ in tags(view)],
        problems=view.problems,
    )


def _columns(view: View) -> dict[str, str]:
    """What can be compared with other runs, with its title: statistics first."""
    found = {name: view.label(name).title for name in view.columns if name in view.statistic_lines}
    return found | {name: name for name in view.scalars if name != "time" and name in view.step_lines}


def _row(view: View, found: Moving, *, link: str, source: str) -> str:
    say, verdict = view.say, view.verdict
    reason = say.told(verdict.reason)
    chips = "".join(f"<span class='chip'>{escape(f'{n}: {v}' if n else v)}</span>" for n, v in tags(view))
    text = " ".join([view.name, verdict.kind, reason, *(f"{n} {v}" for n, v in tags(view))]).lower()
    alt = escape(say("newest samples"))
    thumb = f"<img class='thumb' alt='{alt}' src='{found.thumbnail}'>" if found.thumbnail else ""
    flagged = planned_and_flagged(view.run)
    short = (flagged[0] - flagged[1]) / flagged[0] if flagged else None
    said = time_saved(view.run, say) or ""
    cells = [
        f"<td><input type='checkbox' class='pick' aria-label='{escape(say('compare {run}', run=view.name))}'></td>",
        f"<td class='name' data-key='name' data-value='{escape(view.name)}'><a href='{link}'>{escape(view.name)}</a>"
        f"<div class='chips'>{chips}</div>"
        f"<div class='quiet' title='{escape(advice(view))}'>{escape(reason)}</div></td>",
        f"<td>{thumb}</td>",
        f"<td>{badge(view)}</td>",
        _number(say("since"), "onset", verdict.step),
        _number(say("best step"), "best", verdict.best_step),
        _number(say("steps"), "steps", len(view.steps)),
        f"<td class='number' data-label='{escape(say('saved'))}' data-key='saved' data-value='{short or ''}' "
        f"title='{escape(said)}'>{f'{short:.0%}' if short else '–'}</td>",
        *(
            f"<td data-label='{escape(say(title))}'>{line}</td>"
            for title, line in zip(("edge", "diversity"), sparklines(view), strict=True)
        ),
    ]
    fields = {
        "anchor": view.anchor,
        "source": source,
        "name": view.name,
        "verdict": verdict.kind,
        "symbol": VERDICTS[verdict.kind][0],
        "attention": str(ATTENTION.index(verdict.kind)),
        "text": text,
        "tags": json.dumps(tags(view)),
    }
    said = "".join(f" data-{name}='{escape(value)}'" for name, value in fields.items())
    return f"<tr{said}>{''.join(cells)}</tr>"


def _number(label: str, key: str, value: int | None) -> str:
    known = "" if value is None else value
    fields = f"data-label='{escape(label)}' data-key='{key}' data-value='{known}'"
    return f"<td class='number' {fields}>{escape(step(value))}</td>"


def sparklines(view: View) -> tuple[str, str]:
    """Edge, and diversity as a share of real data's; a dash where one is not known."""
    edge = diversity = "–"
    if "edge" in view.step_lines:
        x, y = view.step_lines["edge"]
        low = min(float(np.nanmin(y)), 0.0)
        edge = sparkline(x, y, limits=(low, 1.0), colour=BLUE, title=view.say("edge"))
    band = view.bands.get(DIVERSITY)
    if DIVERSITY in view.statistic_lines and band is not None and band.mean > 0:
        x, y = view.statistic_lines[DIVERSITY]
        share = y / band.mean
        limits = 0.0, max(float(np.nanmax(share)), 1.0)
        diversity = sparkline(x, share, limits=limits, colour=PURPLE, title=view.say("diversity"))
    return edge, diversity
