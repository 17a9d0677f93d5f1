"""Which rank of how many this process is, and the store that its process group shares."""

import os
from dataclasses import dataclass
from typing import Any

import torch.distributed as dist


@dataclass(frozen=True)
class Place:
    """One rank among `world_size`; rank 0 watches and decides, the others record."""

    rank: int = 0
    world_size: int = 1


ALONE = Place()


def place() -> Place:
    """From the process group, else from the launcher's RANK and WORLD_SIZE, else one process alone."""
    if group_size():
        return Place(dist.get_rank(), dist.get_world_size())
    rank, world_size = os.environ.get("RANK", ""), os.environ.get("WORLD_SIZE", "")
    if rank.isdecimal() and world_size.isdecimal() and int(rank) < int(world_size):
        return Place(int(rank), int(world_size))
    return ALONE


def group_size() -> int:
    """Ranks in the default process group; 0 where there is none."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 0


def default_store() -> Any:
    """The store of the default process group; over a connection of our own, where it is reached by network.

    Raises whatever the private function behind it raises; there is no public one.
    """
    from torch.distributed import distributed_c10d

    store: Any = distributed_c10d._get_default_store()
    innermost = store
    while hasattr(innermost, "underlying_store"):
        innermost = innermost.underlying_store
    # Whoever waits in a call locks the connection. A store in a file counts its copies, so that must have none.
    return store.clone() if _is_reached_by_network(innermost) else store


def _is_reached_by_network(store: Any) -> bool:
    return isinstance(store, dist.TCPStore) and hasattr(store, "clone")  # type: ignore[attr-defined]


def under(prefix: str, store: Any) -> Any:
    """The same store, with keys of our own."""
    return dist.PrefixStore(prefix, store)  # type: ignore[attr-defined]
