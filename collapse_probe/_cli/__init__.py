"""The command line: parse, call, echo. A command is one file here."""

from ._main import main

__all__ = ["main"]
