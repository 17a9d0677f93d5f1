"""What a docstring says, as a part of a page."""

import inspect
import re
import textwrap
from typing import Any

FACTS = ("Shapes", "Formula", "Unit", "Undefined", "Cost", "Errors", "Source")


def said(documented: Any) -> dict[str, str]:
    """A docstring by its parts: `summary`, `text`, `example`, and each line of the form `Name: ...`."""
    text, _, code = (inspect.getdoc(documented) or "").partition("\n>>> ")
    parts: dict[str, str] = {"example": f">>> {code}" if code else ""}
    prose: list[str] = []
    current = ""
    for line in text.splitlines():
        head, colon, rest = line.partition(": ")
        if colon and head in FACTS:
            current, parts[head] = head, rest
        elif current and line.startswith(" ") and line.strip():
            parts[current] += " " + line.strip()
        else:
            current = ""
            prose.append(line)
    parts["text"] = "\n".join(prose).strip()
    parts["summary"] = parts["text"].partition("\n")[0]
    return parts


def cell(text: str) -> str:
    """As a cell of a table."""
    return text.replace("|", "\\|")


def formula(lines: dict[str, str]) -> str:
    """As a block, broken between clauses."""
    if "Formula" not in lines:
        return ""
    whole = re.sub(r"\([^()]*\)", lambda arguments: arguments[0].replace(" ", "\xa0"), lines["Formula"])
    whole = re.sub(r"(?<![,;:]) ", "\xa0", whole)
    filled = textwrap.fill(whole, 110, break_long_words=False, break_on_hyphens=False).replace("\xa0", " ")
    return f"```text\n{filled}\n```"


def facts(lines: dict[str, str], healthy: str = "") -> str:
    """The facts as a table."""
    rows = [(name, lines[name]) for name in FACTS if name in lines and name != "Formula"]
    if healthy:
        rows.insert(2, ("Healthy side", healthy))
    return "\n".join(["| | |", "|---|---|", *[f"| {name} | {cell(text)} |" for name, text in rows]]) if rows else ""


def example(lines: dict[str, str], name: str = "") -> str:
    """The doctest with the imports that it takes for granted: torch, and the function of that name."""
    code = lines["example"].replace(">>> import torch\n", "")
    found = f">>> from collapse_probe.statistics import {name}\n" if name and "import" not in code else ""
    return f"```pycon\n>>> import torch\n{found}{code}\n```" if code else ""


def joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
