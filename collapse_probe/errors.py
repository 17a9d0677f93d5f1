"""What can go wrong, as a tree; every message says what came, what was expected and what to do.

CollapseProbeError
├── InvalidArgument      (ValueError)         an argument of a call makes no sense
├── UnknownName          (LookupError)        no statistic, detector or column of that name
├── LoopNotUnderstood    (RuntimeError)       the training loop cannot be observed (raised under `strict=True` only)
├── RunInUse             (RuntimeError)       another probe that is still alive writes to that run folder
├── RunNotFound          (FileNotFoundError)  there is no run folder at that path
└── UnreadableRun        (ValueError)         the folder is there, and cannot be read
    └── UnsupportedFormat                     it was written by a newer collapse_probe

CollapseProbeWarning     (UserWarning)        trouble while training goes on: nothing is raised
"""

from ._harmless import harmless


class CollapseProbeError(Exception):
    """The root of every error that this package raises; what it says is one line that a terminal can show."""

    def __str__(self) -> str:
        return harmless(super().__str__())


class InvalidArgument(CollapseProbeError, ValueError):
    """An argument of a call makes no sense: wrong type, shape, range or combination."""


class UnknownName(CollapseProbeError, LookupError):
    """No statistic, detector or column has that name."""


class LoopNotUnderstood(CollapseProbeError, RuntimeError):
    """The training loop cannot be observed; raised under `strict=True`, otherwise a warning."""


class RunInUse(CollapseProbeError, RuntimeError):
    """Another probe, of this or of another living process, writes to that run folder."""


class RunNotFound(CollapseProbeError, FileNotFoundError):
    """There is no run folder at that path."""


class UnreadableRun(CollapseProbeError, ValueError):
    """The run folder exists and its content cannot be read."""


class UnsupportedFormat(UnreadableRun):
    """The run was written in a format that this version does not know."""


class CollapseProbeWarning(UserWarning):
    """Trouble inside the probe while training goes on."""


_LONGEST = 300


def in_a_line(error: BaseException) -> str:
    """An error's type and message for a warning; never raises, not even where the error's own `str` does.

    >>> in_a_line(ValueError("no such mode"))
    'ValueError: no such mode'
    """
    try:
        said = " ".join(str(error).split())[:_LONGEST]
    except Exception:
        said = "(it cannot say what)"
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
