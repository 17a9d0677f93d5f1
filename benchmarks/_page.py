"""The page that a benchmark writes: its docstring is the method, and its parts follow."""

import argparse
import os
import platform
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch

Part = tuple[str, str]
"""A heading and the Markdown under it."""


def page(method: str | None, machine: str, parts: Sequence[Part]) -> str:
    """A question, the commands, how it is measured, on which machine, and what was found."""
    question, commands, *paragraphs = (method or "").strip().split("\n\n")
    indented = "\n".join(line.removeprefix("    ") for line in commands.splitlines())
    sections = [f"## {heading}\n\n{text}" for heading, text in parts]
    known = [machine] if machine else []
    return "\n\n".join([f"# {question}", f"```sh\n{indented}\n```", *paragraphs, *known, *sections]) + "\n"


def renewed(text: str, parts: Sequence[Part]) -> str:
    """A page with these parts in the place of those of the same headings; new ones come last.

    >>> renewed("# Q\\n\\n## A\\n\\n1\\n\\n## B\\n\\n2\\n", [("A", "3"), ("C", "4")])
    '# Q\\n\\n## A\\n\\n3\\n\\n## B\\n\\n2\\n\\n## C\\n\\n4\\n'
    """
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    found = {section.partition("\n")[0]: section.partition("\n\n")[2].rstrip("\n") for section in sections}
    found |= dict(parts)
    return "\n\n".join([head.rstrip("\n"), *(f"## {heading}\n\n{body}" for heading, body in found.items())]) + "\n"


def run(method: str | None, parts: Mapping[str, Callable[[bool], Part]], target: Path) -> None:
    """The command line of a benchmark whose parts can be measured one by one; a part is told whether to be quick."""
    parser = argparse.ArgumentParser(description=method, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter, and nothing is written unless --output says so")
    parser.add_argument("--only", choices=list(parts), action="append", help="this part; the others stay as they are")
    parser.add_argument("--output", type=Path, default=None, help=f"default: docs/{target.name}")
    options = parser.parse_args()
    torch.set_num_threads(1)
    output = options.output or (None if options.quick else target)
    for name in options.only or parts:
        print(name, flush=True)
        heading, text = parts[name](options.quick)
        part = heading, f"{text}\n\n{_machine()}"
        print(f"## {heading}\n\n{part[1]}", flush=True)
        if output is not None:
            # Each as soon as it is known: a later one may take long, or fail.
            before = output.read_text("utf-8") if output.is_file() else ""
            sections = before[before.find("\n## ") :] if "\n## " in before else ""
            output.write_text(renewed(page(method, "", []) + sections, [part]), "utf-8")


def _machine() -> str:
    return (
        f"Measured on {os.cpu_count()} cores ({platform.machine()}), {platform.system()}, Python "
        f"{platform.python_version()}, torch {torch.__version__}; load average {os.getloadavg()[2]:.1f}."
    )
