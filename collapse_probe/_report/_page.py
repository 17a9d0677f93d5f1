"""The pages of a report: one that holds everything, or one for the overview and one for each run."""

import base64
import hashlib
import string
from collections.abc import Iterable
from importlib.resources import files
from typing import Literal

from plotly.offline import get_plotlyjs, get_plotlyjs_version

from .._version import __version__
from ..errors import CollapseProbeError
from ._entry import Entry
from ._html import inert
from ._overview import compare, overview, summary
from ._style import escape
from ._words import Words

Plotly = Literal["inline", "cdn", "directory"]
SCRIPT = "plotly-{version}.min.js"
CDN = "https://cdn.plot.ly/"


def one_page(
    title: str, entries: list[Entry], errors: list[CollapseProbeError], *, say: Words, notes: list[str]
) -> dict[str, str]:
    """The parts of a page with every run on it, those first that need attention."""
    ordered = sorted(entries, key=lambda entry: entry.attention)
    return {
        "title": title,
        "summary": summary(ordered, errors, say),
        "content": "\n".join([overview(ordered, errors, say), compare(ordered, say), *map(_with_data, ordered)]),
        "footer": _footer(entries, errors, say=say, notes=notes),
    }


def index_page(
    title: str, entries: list[Entry], errors: list[CollapseProbeError], *, say: Words, notes: list[str]
) -> dict[str, str]:
    """The parts of a page with overview and comparison; the runs are on pages of their own, their data in files."""
    ordered = sorted(entries, key=lambda entry: entry.attention)
    told = say("Each run has a page of its own, in the folder beside this file: the two belong together.")
    return {
        "title": title,
        "summary": summary(ordered, errors, say),
        "content": overview(ordered, errors, say) + compare(ordered, say),
        "footer": _footer(entries, errors, say=say, notes=[*notes, told]),
    }


def run_page(entry: Entry, *, back: str, source: str, say: Words) -> dict[str, str]:
    """The parts of the page of one run, whose data are in a file of their own: the overview compares runs by it too."""
    section = entry.section.replace("href='#'", f"href='{escape(back)}'", 1)
    section = section.replace("<section ", f"<section data-anchor='{entry.anchor}' data-source='{escape(source)}' ", 1)
    footer = _footer([entry], [], say=say, notes=[])
    return {"title": entry.name, "summary": "", "content": section, "footer": footer}


def data_file(entry: Entry) -> str:
    """The script that holds a run's data: a page on a disk may load scripts and nothing else. Base64 ends no text."""
    return f'(window.collapseProbe = window.collapseProbe || {{}})["{entry.anchor}"] = "{entry.data}";\n'


def html(
    parts: dict[str, str], *, say: Words, plotlyjs: Plotly, folder: str = "", beside: bool = False
) -> Iterable[str]:
    """A page in pieces; `folder` leads from it to where plotly.js is, `beside` says whether data lie there too."""
    template = files(__package__).joinpath("page.html").read_text("utf-8")
    source = f" {CDN}" if plotlyjs == "cdn" else ""
    source += " 'self' file:" if plotlyjs == "directory" or beside else ""
    values = parts | {
        "title": escape(parts["title"]),
        "summary": escape(parts["summary"]),
        "lang": say.language,
        "source": source,
        "style": files(__package__).joinpath("style.css").read_text("utf-8"),
        "script": script(),
        "print": escape(say("print")),
        "words": inert(say.known),
        "plotly": "\0",  # in no text of the page: what is escaped has no control characters
    }
    before, _, after = string.Template(template).substitute(values).partition("\0")
    yield before
    if plotlyjs == "inline":
        yield f"<script>{get_plotlyjs()}</script>"
    else:
        yield _linked(plotlyjs, folder)
    yield after


def script() -> str:
    """All scripts of the page, in the order of their names."""
    folder = files(__package__).joinpath("script")
    return "".join(path.read_text("utf-8") for path in sorted(folder.iterdir(), key=lambda path: path.name))


def script_name() -> str:
    """How plotly.js is called where it lies beside the page."""
    return SCRIPT.format(version=get_plotlyjs_version())


def _with_data(entry: Entry) -> str:
    # Base64 holds no `<`.
    data = f"<script type='application/octet-stream' id='{entry.anchor}-data'>{entry.data}</script>"
    return entry.section.removesuffix("</section>") + data + "</section>"


def _linked(plotlyjs: Plotly, folder: str) -> str:
    if plotlyjs == "directory":
        return f"<script src='{escape(folder + script_name())}'></script>"
    digest = base64.b64encode(hashlib.sha256(get_plotlyjs().encode()).digest()).decode()
    return f"<script src='{CDN}{script_name()}' integrity='sha256-{digest}' crossorigin='anonymous'></script>"


def _footer(entries: list[Entry], errors: list[CollapseProbeError], *, say: Words, notes: list[str]) -> str:
    problems = [f"{entry.name}: {problem}" for entry in entries for problem in entry.problems]
    problems += [str(error) for error in errors]
    parts = [f"<h3>{escape(say('Files'))}</h3>"]
    if problems:
        parts.append(f"<ul>{''.join(f'<li>{escape(problem)}</li>' for problem in problems)}</ul>")
    else:
        parts.append(f"<p>{escape(say('Everything in the run folders could be read.'))}</p>")
    parts += [f"<p>{escape(note)}</p>" for note in notes]
    parts.append(f"<p>collapse_probe {__version__}, plotly.js {get_plotlyjs_version()}.</p>")
    return "".join(parts)
