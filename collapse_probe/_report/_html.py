"""Small pieces of HTML that several parts of the page are made of."""

import json

from ._style import VERDICTS, Figure, escape
from ._text import flat
from ._view import View


def badge(view: View) -> str:
    """Symbol, words and colour of a verdict."""
    symbol, said, colour = VERDICTS[view.verdict.kind]
    return (
        f"<span class='verdict' style='--colour:{colour}'><span class='symbol' aria-hidden='true'>{symbol}</span>"
        f"{escape(view.say(said))}</span>"
    )


def plot(view: View, name: str, figure: Figure, *, title: str, role: str = "") -> str:
    """A place for the figure of this name; it is drawn when it comes into sight."""
    cursor = " data-cursor='yes'" if role == "time" and name == "time" else ""
    return (
        f"<div class='plot' id='{view.anchor}-{name}' data-run='{view.anchor}' data-figure='{name}' data-role='{role}'"
        f"{cursor} role='group' aria-label='{escape(title)}' style='min-height:{figure['layout']['height']}px'></div>"
    )


def data(identifier: str, content: object) -> str:
    """JSON inside the page; no `<` is left in it, so no text of the run can end it."""
    return f"<script type='application/json' id='{identifier}'>{inert(content)}</script>"


def inert(content: object) -> str:
    """JSON without a `<`."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def pairs(values: list[tuple[str, str]]) -> str:
    """Names and what belongs to them."""
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(value)}</dd>' for name, value in values)}</dl>"


def cost(view: View) -> list[tuple[str, str]]:
    """What observing took, as the run measured it."""
    given = view.run.info.get("cost")
    if not given:
        return []
    found = ((name.removeprefix("cost "), value) for name, value in flat({"cost": given}))
    return [(view.say(name), value) for name, value in found]
