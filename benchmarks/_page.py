"""The page that a benchmark writes: its docstring is the method, and its parts follow."""

from collections.abc import Sequence

Part = tuple[str, str]
"""A heading and the Markdown under it."""


def page(method: str | None, machine: str, parts: Sequence[Part]) -> str:
    """A question, the commands, how it is measured, on which machine, and what was found."""
    question, commands, *paragraphs = (method or "").strip().split("\n\n")
    indented = "\n".join(line.removeprefix("    ") for line in commands.splitlines())
    sections = [f"## {heading}\n\n{text}" for heading, text in parts]
    return "\n\n".join([f"# {question}", f"```sh\n{indented}\n```", *paragraphs, machine, *sections]) + "\n"
