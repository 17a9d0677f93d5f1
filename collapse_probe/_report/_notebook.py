"""How a run shows itself in a notebook: what happened, in a few lines."""

from .._store import Run
from ._captures import moving
from ._entry import sparklines
from ._html import badge
from ._style import VERDICTS, escape
from ._text import advice, headline, time_saved
from ._view import View


def shown(run: Run) -> str:
    """Verdict, advice, sparklines and the newest samples, as HTML that needs neither style sheet nor script."""
    view = View(run, captures=2)
    found = moving(view)
    colour = VERDICTS[view.verdict.kind][2]
    lines = [headline(view), view.verdict.reason, f"What to do: {advice(view)}", time_saved(run) or ""]
    words = "".join(f"<div>{escape(line)}</div>" for line in lines if line)
    picture = f"<img src='{found.thumbnail}' alt='newest samples' style='height:72px'>" if found.thumbnail else ""
    curves = "".join(
        f"<span style='display:inline-block;margin-right:16px'>{title}{line}</span>"
        for title, line in zip(("edge", "diversity"), sparklines(view), strict=True)
    )
    return (
        f"<div style='border-left:4px solid {colour};padding-left:12px'><b>{escape(view.name)}</b> {badge(view)}"
        f"{words}<div>{curves}{picture}</div>"
        f"<div><code>{escape(run)}</code>; all of it: <code>cp.report(run, 'report.html')</code></div></div>"
    )
