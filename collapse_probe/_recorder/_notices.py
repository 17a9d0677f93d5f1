"""How the probe speaks to the person at the terminal while training runs."""

import sys
import warnings

from ..errors import CollapseProbeWarning


def warn(message: str) -> None:
    """One warning; it never raises into a training loop, even where warnings are errors."""
    try:
        warnings.warn(message, CollapseProbeWarning, stacklevel=2)
    except CollapseProbeWarning:
        say(message)


def say(message: str) -> None:
    """One line on standard error."""
    try:
        sys.stderr.write(f"collapse_probe: {message}\n")
    except (OSError, ValueError):
        # A closed or broken terminal must not end a training.
        return
