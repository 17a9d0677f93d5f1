"""What moves with the slider of a run, as HTML, and the data behind it."""

from typing import Any

from ._by_class import ByClass
from ._captures import Moving
from ._html import plot
from ._marks import words
from ._strip import Strip
from ._style import escape
from ._text import thinned
from ._view import View


def moving_cards(view: View, found: Moving) -> str:
    """The slider and all that follows it; nothing where the run has neither captures nor vector statistics."""
    if not found.panels and not found.images:
        return ""
    cards = [*_pictures(view, found)]
    for name, panel in found.panels.items():
        heading = f"<h3>{escape(panel.title)} <span class='quiet'></span></h3>"
        cards.append(f"<div>{heading}{plot(view, name, panel.figure, title=panel.title)}</div>")
    stored = len(view.run.batches)
    told = []
    if len(found.steps) < stored:
        told = [view.say("{shown} of {count} captures are shown.", shown=len(found.steps), count=f"{stored:,}")]
    notes = "".join(f"<p class='quiet'>{escape(note)}</p>" for note in [*told, *thinned(view)])
    return f"{_slider(view, found)}<div class='card'><div class='grid'>{''.join(cards)}</div>{notes}</div>"


def moving_data(found: Moving) -> dict[str, Any]:
    """What the page needs to move them; figures stand elsewhere."""
    strips = [("fixed", found.strip), ("neighbours", found.neighbours), ("classes", found.classes.strip)]
    return {
        "steps": found.steps,
        "captions": found.captions,
        "images": found.images,
        "strips": [
            {"name": name, "images": strip.images, "captions": strip.captions, "shown": strip.shown}
            for name, strip in strips
            if strip.images
        ],
        "panels": [
            {"figure": name, "moves": panel.moves, "captions": panel.captions, "shown": panel.shown}
            for name, panel in found.panels.items()
        ],
    }


def _slider(view: View, found: Moving) -> str:
    say, last = view.say, len(found.steps) - 1  # the page opens at what the run has come to
    turns = [
        (event.onset, say("onset of {event}", event=words(view, event)))
        for event in view.events[:50]
        if event.kind != "recovery"
    ]
    if view.verdict.best_step is not None:
        turns.insert(0, (view.verdict.best_step, say("best step")))
    options = "".join(
        f"<option value='{step}'>{escape(said)}: {step:,}</option>" for step, said in dict.fromkeys(turns)
    )
    label = escape(say("jump to"))
    jump = f"<select aria-label='{label}'><option value=''>{label} …</option>{options}</select>" if turns else ""
    return (
        f"<div class='slider'><button type='button'>{escape(say('▶ play'))}</button>"
        f"<input type='range' min='0' max='{last}' value='{last}' aria-label='{escape(say('step shown'))}'>"
        f"<output></output>{jump}</div>"
    )


def _pictures(view: View, found: Moving) -> list[str]:
    say, cards = view.say, []
    if found.images:
        cards.append(
            f"<div><h3>{escape(say('Generated batch'))} <span class='quiet caption'></span></h3>"
            f"<img class='sheet moves' alt='{escape(say('generated samples'))}' width='{found.width}' "
            f"height='{found.height}'></div>"
        )
    if found.real is not None:
        cards.append(
            f"<div><h3>{escape(say('Real data'))}</h3><img class='sheet' alt='{escape(say('real samples'))}' "
            f"width='{found.real.width}' height='{found.real.height}' src='{found.real.uri}'></div>"
        )
    if found.strip.images:
        cards.append(_strip(say("Fixed latents"), say("samples from the same latents"), "fixed", found.strip))
    if found.neighbours.images:
        title = say("Generated (above) and the nearest real sample (below)")
        cards.append(_strip(title, title, "neighbours", found.neighbours))
    if found.classes.strip.images:
        cards.append(_by_class(view, found.classes))
    return cards


def _by_class(view: View, found: ByClass) -> str:
    """Names, generated and real pictures, row by row; all of them as wide as their pictures are."""
    say, strip, real = view.say, found.strip, found.real
    title = say("By class: generated, and real ones on the right") if real else say("By class")
    names = "".join(f"<span>{escape(name)}</span>" for name in found.names)
    beside = ""
    if real is not None:
        width = round(real.width * strip.height / real.height)  # rows of the same height
        beside = (
            f"<img class='sheet' alt='{escape(say('real samples by class'))}' width='{width}' "
            f"height='{strip.height}' src='{real.uri}' style='flex:0 1 {width}px'>"
        )
    return (
        f"<div data-strip='classes'><h3>{escape(title)} <span class='quiet strip-caption'></span></h3>"
        f"<div class='classes'><div class='names'>{names}</div><img class='sheet strip' alt='{escape(title)}' "
        f"width='{strip.width}' height='{strip.height}' style='flex:0 1 {strip.width}px'>{beside}</div></div>"
    )


def _strip(title: str, alt: str, name: str, strip: Strip) -> str:
    return (
        f"<div data-strip='{name}'><h3>{escape(title)} <span class='quiet strip-caption'></span></h3>"
        f"<img class='sheet strip' alt='{escape(alt)}' width='{strip.width}' height='{strip.height}'></div>"
    )
