"""Keys as they are pressed, without waiting for the end of a line."""

import sys
import time
from types import TracebackType
from typing import Any

if sys.platform != "win32":
    import select
    import termios
    import tty


class Keys:
    """While it is entered, the keys of a terminal can be asked for; where there is none, nothing is ever pressed."""

    def __init__(self) -> None:
        self.known = sys.platform != "win32" and sys.stdin is not None and sys.stdin.isatty()
        self._before: list[Any] = []

    def __enter__(self) -> "Keys":
        if sys.platform != "win32" and self.known:
            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if sys.platform != "win32" and self.known:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    def pressed(self, seconds: float) -> str | None:
        """The next key, once it is pressed; None after so long."""
        if sys.platform != "win32" and self.known:
            ready, _, _ = select.select([sys.stdin], [], [], seconds)
            return sys.stdin.read(1) if ready else None
        time.sleep(seconds)
        return None
