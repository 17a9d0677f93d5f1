"""The table of all runs, and the figure that lays chosen ones over each other."""

from ..errors import CollapseProbeError
from ._entry import Entry
from ._html import data
from ._style import AXIS, VERDICTS, escape, layout
from ._words import Words

HEADINGS = (
    ("", ""),
    ("run", "name"),
    ("newest samples", ""),
    ("verdict", "attention"),
    ("since", "onset"),
    ("best step", "best"),
    ("steps", "steps"),
    ("saved", "saved"),
    ("edge", ""),
    ("diversity", ""),
)
AXES = {"step": "equal steps", "samples": "equal samples seen", "time": "equal time"}
NUMERIC = frozenset({"onset", "best", "steps", "saved"})


def summary(entries: list[Entry], errors: list[CollapseProbeError], say: Words) -> str:
    """How many runs, flagged, unreadable."""
    flagged = sum(entry.flagged for entry in entries)
    text = "{count} run, {flagged} of them flagged" if len(entries) == 1 else "{count} runs, {flagged} of them flagged"
    sentence = say(text, count=f"{len(entries):,}", flagged=f"{flagged:,}")
    if errors:
        sentence += say("; {count} could not be read", count=f"{len(errors):,}")
    return sentence + say(".")


def overview(entries: list[Entry], errors: list[CollapseProbeError], say: Words) -> str:
    """Tools, and a row for each run; one that cannot be read costs one row, not the report."""
    rows = "".join(entry.row for entry in entries)
    rows += "".join(
        f"<tr class='unreadable'><td></td><td class='name' colspan='{len(HEADINGS) - 1}'>{escape(say('unreadable'))}"
        f"<div class='quiet'>{escape(error)}</div></td></tr>"
        for error in errors
    )
    head = "".join(_heading(say(text) if text else "", key) for text, key in HEADINGS)
    table = f"<table id='overview' class='overview'><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<div class='card'>{_tools(entries, say) if entries else ''}<div class='table'>{table}</div></div>"


def compare(entries: list[Entry], say: Words) -> str:
    """Chooses a quantity, an axis and a place on it; nothing for fewer than two runs."""
    columns = shared_columns(entries)
    if len(entries) < 2 or not columns:
        return ""
    quantities = "".join(f"<option value='{escape(name)}'>{escape(title)}</option>" for name, title in columns.items())
    axes = "".join(f"<option value='{name}'>{escape(say(text))}</option>" for name, text in AXES.items())
    look = layout(
        height=380,
        margin={"l": 76, "r": 44, "t": 48, "b": 52},
        hovermode="x unified",
        hoverdistance=-1,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        xaxis=AXIS | {"tickformat": ",~f", "hoverformat": ",~f", "rangemode": "tozero"},
        yaxis=AXIS,
    )
    said = escape(say("runs compared"))
    heads = "".join(f"<th>{escape(say(text)) if text else ''}</th>" for text in ("run", "value", "", "newest samples"))
    return (
        f"<div class='card'><div class='tools'><h3>{escape(say('Compare'))}</h3>"
        f"<select id='choice' aria-label='{escape(say('quantity compared'))}'>{quantities}</select>"
        f"<select id='axis' aria-label='{escape(say('compared at'))}'>{axes}</select>"
        f"<button type='button' id='pick-shown'>{escape(say('all runs listed'))}</button>"
        f"<button type='button' id='pick-none'>{escape(say('none'))}</button></div>"
        f"<div class='plot' id='compare' data-role='compare' role='group' aria-label='{said}' style='min-height:380px'>"
        f"</div>{data('compare-layout', look)}<p class='quiet' id='compare-notes'></p>"
        f"<div class='tools'><label for='at'>{escape(say('all of them at'))} <b id='at-told'></b></label>"
        f"<input type='range' id='at' min='0' max='1' value='0'></div>"
        f"<div class='table' id='compare-at'><table><thead><tr>{heads}</tr></thead><tbody></tbody></table></div></div>"
    )


def shared_columns(entries: list[Entry]) -> dict[str, str]:
    """What at least two runs have, with its title: statistics first."""
    counts: dict[str, int] = {}
    titles: dict[str, str] = {}
    for entry in entries:
        for name, title in entry.columns.items():
            counts[name] = counts.get(name, 0) + 1
            titles.setdefault(name, title)
    return {name: title for name, title in titles.items() if counts[name] > 1}


def _heading(text: str, key: str) -> str:
    inner = f"<button type='button' data-sort='{key}'>{escape(text)}</button>" if key else escape(text)
    return f"<th{' class=number' if key in NUMERIC else ''}>{inner}</th>"


def _tools(entries: list[Entry], say: Words) -> str:
    verdicts = "".join(
        f"<option value='{kind}'>{escape(say(words))}</option>"
        for kind, (_, words, _) in VERDICTS.items()
        if any(f"data-verdict='{kind}'" in entry.row for entry in entries)
    )
    names = dict.fromkeys(name for entry in entries for name in entry.tag_names)
    groups = "".join(
        f"<option value='{escape(name)}'>{escape(say('grouped by {tag}', tag=name or say('tags')))}</option>"
        for name in names
    )
    return (
        f"<div class='tools'><input type='search' id='search' placeholder='{escape(say('search'))}' "
        f"aria-label='{escape(say('search in names, tags and reasons'))}'>"
        f"<select id='verdicts' aria-label='{escape(say('verdicts shown'))}'>"
        f"<option value=''>{escape(say('every verdict'))}</option>{verdicts}</select>"
        f"<select id='group' aria-label='{escape(say('groups'))}'>"
        f"<option value='-'>{escape(say('not grouped'))}</option>"
        f"<option value='verdict'>{escape(say('grouped by verdict'))}</option>{groups}</select>"
        f"<span class='quiet' id='found' role='status'></span></div>"
    )
