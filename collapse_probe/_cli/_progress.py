"""How far long work is: on standard error, where that is a terminal, and nothing anywhere else.

rich draws it, an extra that is imported here and in what watches, and only when it is needed.
"""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from .._harmless import harmless

T = TypeVar("T")
_SHORT = 2
_LONGEST = 90


def each(items: Sequence[T], what: str) -> Iterator[T]:
    """The items, with a bar that fills as they are taken; a few need none."""
    if len(items) <= _SHORT or not _can_draw():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=what, console=Console(stderr=True), transient=True)


@contextmanager
def working(what: str) -> Iterator[Callable[[object], None]]:
    """A spinner; what the work is at now may be told to what is given."""
    if not _can_draw():
        yield lambda now: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(what) as status:
        yield lambda now: status.update(Text(harmless(f"{what} {now}")[-_LONGEST:]))


def has_rich() -> bool:
    """Whether the extra is installed."""
    return importlib.util.find_spec("rich") is not None


def _can_draw() -> bool:
    return sys.stderr.isatty() and has_rich()
