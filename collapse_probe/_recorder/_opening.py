"""A run folder is taken, and what is written to it goes through a thread of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .._distributed import Place
from .._store import Notices, Outbox, RunWriter, lock_run, open_folder
from ..errors import InvalidArgument
from ._notices import say, warn
from ._options import Options

Fail = Callable[[Exception], object]


def open_record(
    path: Path, options: Options, *, info: dict[str, Any], place: Place, fail: Fail
) -> tuple[RunWriter, Outbox]:
    """The writer of a run and its outbox, which is to be closed; `fail` hears of what is no trouble of the disk.

    Raises `RunInUse` where another probe writes there, `InvalidArgument` where nothing can be written.
    """
    sibling = options.if_taken == "sibling"
    if sibling and place.world_size > 1:
        raise InvalidArgument(
            'if_taken="sibling" has each process choose a folder by itself, and ranks of one run share theirs; '
            "give each training a run of its own"
        )
    open_folder(path, place.rank)
    folder, lock = lock_run(path, place.rank, sibling=sibling)
    outbox = Outbox(folder, Notices(warn, say, fail), when_over=lock.release)
    try:
        writer = RunWriter(folder, info=info, rank=place.rank, outbox=outbox)
    except BaseException:
        outbox.close()
        raise
    if folder != path:
        say(f"{path} is being written by another probe; this run is recorded in {folder}")
    if writer.start and not place.rank:
        say(
            f"{path} holds a run already; its rows from the step where this one starts are replaced by newer ones: "
            "to keep both, give another run=..."
        )
    return writer, outbox
