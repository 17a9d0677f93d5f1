"""How the probe speaks to the person at the terminal while training runs."""

import sys
import threading
import warnings
from collections.abc import Callable

from .._records import Event
from ..errors import CollapseProbeWarning, in_a_line


def warn(message: str) -> None:
    """One warning; it never raises into a training loop, even where warnings are errors."""
    try:
        warnings.warn(message, CollapseProbeWarning, stacklevel=2)
    except Exception:
        # It was turned into an error, or whoever shows warnings failed: standard error is closed, say.
        say(message)


def say(message: str) -> None:
    """One line on standard error."""
    try:
        sys.stderr.write(f"collapse_probe: {message}\n")
    except Exception:
        # A closed, broken or missing terminal must not end a training.
        return


class Off:
    """Why a probe is off; told once, though several threads may fail at the same time."""

    def __init__(self) -> None:
        self.error: str | None = None
        self._lock = threading.Lock()

    def by(self, failure: Exception) -> None:
        """Something of it failed."""
        with self._lock:
            first, self.error = self.error is None, self.error or in_a_line(failure)
        if first:
            warn(f"the probe failed and is off, training goes on: {self.error}")


class Listener:
    """The user's `on_event`: a failure of it is a warning, no more."""

    def __init__(self, on_event: Callable[[Event], object] | None) -> None:
        self.thread: int | None = None
        """The thread in which it is running."""
        self._on_event = on_event

    def tell(self, event: Event) -> None:
        """Hand it an event."""
        if self._on_event is None:
            return
        self.thread = threading.get_ident()
        try:
            self._on_event(event)
        except (Exception, SystemExit) as error:
            warn(f"on_event raised {in_a_line(error)}; the run goes on")
        finally:
            self.thread = None
