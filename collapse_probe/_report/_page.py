"""The whole page: overview, one section a run, footer."""

import string
from importlib.resources import files

from plotly.offline import get_plotlyjs, get_plotlyjs_version

from .._version import __version__
from ..errors import CollapseProbeError
from ._compare import compare
from ._section import section, verdict_badge
from ._style import escape
from ._text import flat, step
from ._view import View

HEADINGS = ("run", "verdict", "steps", "went wrong at", "best step", "reason")


def page(title: str, views: list[View], errors: list[CollapseProbeError], *, points: int) -> str:
    """The HTML; nothing in it is fetched from anywhere."""
    template = string.Template(files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.substitute(
        title=escape(title),
        summary=_summary(views, errors),
        plotly=get_plotlyjs(),
        overview=_overview(views, errors) + compare(views),
        sections="\n".join(section(view, points=points) for view in views),
        footer=_footer(views, errors),
    )


def _summary(views: list[View], errors: list[CollapseProbeError]) -> str:
    bad = sum(view.verdict.kind not in ("healthy", "unfinished", "insufficient_data") for view in views)
    sentence = f"{len(views):,} {'run' if len(views) == 1 else 'runs'}, {bad:,} of them flagged"
    return sentence + (f"; {len(errors):,} could not be read" if errors else "") + "."


def _overview(views: list[View], errors: list[CollapseProbeError]) -> str:
    rows = "".join(
        f"<tr><td class='name'><a href='#{view.anchor}'>{escape(view.name)}</a></td><td>{verdict_badge(view)}</td>"
        f"<td class='number'>{len(view.steps):,}</td><td class='number'>{step(view.verdict.step)}</td>"
        f"<td class='number'>{step(view.verdict.best_step)}</td><td>{escape(view.verdict.reason)}</td></tr>"
        for view in views
    )
    # One that cannot be read costs one row, not the report.
    rows += "".join(
        f"<tr><td class='name'>unreadable</td><td colspan='4'></td><td>{escape(str(error))}</td></tr>"
        for error in errors
    )
    numeric = {"steps", "went wrong at", "best step"}
    head = "".join(f"<th{' class=number' if name in numeric else ''}>{name}</th>" for name in HEADINGS)
    return f"<div class='card table'><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"


def _footer(views: list[View], errors: list[CollapseProbeError]) -> str:
    problems = [f"{view.name}: {problem}" for view in views for problem in view.problems]
    problems += [str(error) for error in errors]
    parts = ["<h3>Files</h3>"]
    if problems:
        parts.append(f"<ul>{''.join(f'<li>{escape(problem)}</li>' for problem in problems)}</ul>")
    else:
        parts.append("<p>Everything in the run folders could be read.</p>")
    costs = [(view.name, flat({"cost": view.run.info["cost"]})) for view in views if view.run.info.get("cost")]
    if costs:
        told = "".join(f"<dt>{escape(name)}</dt><dd>{escape(_pairs(pairs))}</dd>" for name, pairs in costs)
        parts.append(f"<h3>Measured cost of observing</h3><dl>{told}</dl>")
    parts.append(f"<p>collapse_probe {__version__}, plotly.js {get_plotlyjs_version()}.</p>")
    return "".join(parts)


def _pairs(pairs: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name.removeprefix('cost ')} {value}" for name, value in pairs)
